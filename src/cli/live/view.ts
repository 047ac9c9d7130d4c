/** The live view of a run: a pure function from what is known to lines that fit the terminal. */
import { counted } from '../../counted.ts';
import type { Paint } from '../../report/terminal.ts';
import type { RunView, WorkerView } from '../../run/watch.ts';
import type { FaultView } from './faults.ts';
import { progressBar } from './progress.ts';
import type { Sample } from './samples.ts';
import { sparkline } from './sparkline.ts';
import { phaseWords, type Stretch } from './words.ts';

export interface ViewState {
  readonly stretch: Stretch;
  readonly elapsedMs: number;
  readonly view: RunView;
  readonly faults: readonly FaultView[];
  /** Of the last minute, oldest first. */
  readonly samples: readonly Sample[];
}

/** A piece of a line, and how it is painted. */
type Piece = readonly [text: string, paint?: keyof Paint];
type Line = readonly Piece[];

const barWidth = 20;
const mostFaults = 6;
const stateWidth = 8;
const fewestBars = 10;

/** At most `rows` lines of at most `columns` columns: where not all fits, sums stand for rows, and what matters least goes. */
export function renderView(state: ViewState, columns: number, rows: number, paint: Paint): string[] {
  const head = [headLine(state, columns)];
  const sums = sumLines(state, columns);
  const members = memberLines(state);
  const groups = groupLines(state.view);
  const faults = faultLines(state.faults, mostFaults);
  const now = faultLines(
    state.faults.filter(({ state: at }) => at === 'in force'),
    2,
  );
  const blank: Line[] = [[]];
  const spaced = (...blocks: Line[][]): Line[] =>
    blocks.filter((block) => block.length > 0).flatMap((block, at) => (at === 0 ? block : [...blank, ...block]));
  const ways: readonly (() => Line[])[] = [
    () => spaced(head, members, sums, faults),
    () => [...head, ...members, ...sums, ...faults],
    () => spaced(head, groups, sums, faults),
    () => [...head, ...groups, ...sums, ...faults],
    () => [...head, ...groups, ...sums, ...now],
    () => [...head, ...sums, ...now],
    () => [...head, ...sums],
    () => [...head, ...now],
  ];
  const fitting = ways.map((way) => way()).find((lines) => lines.length <= rows) ?? head.slice(0, rows);
  return fitting.map((line) => painted(line, columns, paint));
}

/** `  0:06  sending  ▮▮▮▮▯▯▯▯  12431 of 20000`. */
function headLine({ stretch, elapsedMs, view }: ViewState, columns: number): Line {
  const seconds = Math.floor(elapsedMs / 1000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const begin: Line = [
    [`  ${time.padStart(5)}  `, 'dim'],
    [phaseWords[stretch], 'bold'],
  ];
  if (stretch !== 'send') return begin;
  const { attempted } = view.counters;
  const width = columns < 70 ? barWidth / 2 : barWidth;
  return [...begin, [`  ${progressBar(attempted, view.messages, width)}  ${attempted} of ${view.messages} attempted`]];
}

/** A row a node, a row a worker. */
function memberLines({ view, faults }: ViewState): Line[] {
  const ids = [...view.nodes, ...view.workers].map(({ id }) => id.length);
  const width = Math.max(0, ...ids);
  const row = (id: string, state: string, told: string): Line => {
    const word = stateWord(state);
    const more = [
      ...(told === '' ? [] : [[told] as Piece]),
      ...faults
        .filter((fault) => fault.state === 'in force' && fault.targets.includes(id))
        .map((fault): Piece => [`▼ ${fault.id} ${fault.says}`, 'yellow']),
    ];
    return [
      [`  ${id.padEnd(width)}  `],
      [word, statePaints[word] ?? 'dim'],
      ...more.flatMap((piece, at): Piece[] => [[at === 0 ? ' '.repeat(stateWidth + 2 - word.length) : '  '], piece]),
    ];
  };
  const most = (of: (worker: WorkerView) => number): number =>
    Math.max(1, ...view.workers.map((one) => digits(of(one))));
  const widths = { acked: most((one) => one.counters.acked), received: most((one) => one.counters.received) };
  const told = ({ role, counters: { acked, received, unknown } }: WorkerView): string =>
    role === 'producer'
      ? `acked ${String(acked).padStart(widths.acked)}${unknown === 0 ? '' : `  no answer ${unknown}`}`
      : `received ${String(received).padStart(widths.received)}`;
  return [
    ...view.nodes.map(({ id, state }) => row(id, state, '')),
    ...view.workers.map((worker) => row(worker.id, worker.state, told(worker))),
  ];
}

/** The same in a row for all nodes, one for all producers and one for all consumers. */
function groupLines({ nodes, workers }: RunView): Line[] {
  const groups: [string, readonly { readonly state: string }[]][] = [
    ['nodes', nodes],
    ['producers', workers.filter(({ role }) => role === 'producer')],
    ['consumers', workers.filter(({ role }) => role === 'consumer')],
  ];
  return groups.flatMap(([name, members]): Line[] => {
    if (members.length === 0) return [];
    const words = members.map(({ state }) => stateWord(state));
    const pieces = [...new Set(words)].map((word, at): Piece => {
      const count = words.filter((one) => one === word).length;
      return [`${at === 0 ? '' : ', '}${count} ${word}`, statePaints[word] ?? 'dim'];
    });
    return [[[`  ${name.padEnd(sumWidth)}  `], ...pieces]];
  });
}

const sumWidth = 'producers'.length;

/** Totals, and what each of the last seconds brought. */
function sumLines({ view: { counters, left }, samples }: ViewState, columns: number): Line[] {
  const rows: [name: string, total: number, values: number[], rate: boolean][] = [
    ['acked', counters.acked, samples.map(({ acked }) => acked), true],
    ['received', counters.received, samples.map(({ received }) => received), true],
    ['no answer', counters.unknown, samples.map(({ unknown }) => unknown), false],
    ...(left === undefined
      ? []
      : [
          ['unseen', left, samples.flatMap((sample) => sample.left ?? []), false] as [
            string,
            number,
            number[],
            boolean,
          ],
        ]),
  ];
  const width = Math.max(6, ...rows.map(([, total]) => digits(total)));
  const rateWidth = 10;
  const room = Math.max(fewestBars, columns - 2 - sumWidth - 2 - width - 2 - rateWidth);
  return rows.map(([name, total, values, rate]): Line => {
    const isHarm = (name === 'no answer' || name === 'unseen') && total > 0;
    const last = values.at(-1);
    return [
      [`  ${name.padEnd(sumWidth)}  ${String(total).padStart(width)}  `],
      [sparkline(values.slice(-room)), isHarm ? 'yellow' : 'green'],
      [rate && last !== undefined ? `  ${Math.round(last)}/s` : '', 'dim'],
    ];
  });
}

function faultLines(faults: readonly FaultView[], most: number): Line[] {
  const isShown = ({ state }: FaultView): boolean => state !== 'over' || faults.length <= most;
  const shown = faults.filter(isShown).slice(0, most);
  const idWidth = Math.max(0, ...shown.map(({ id }) => id.length));
  const whatWidth = Math.max(0, ...shown.map(({ what }) => what.length));
  const lines = shown.map(({ id, what, state, says }): Line => {
    const paint = state === 'failed' ? 'red' : state === 'in force' ? 'yellow' : 'dim';
    return [[`  ${id.padEnd(idWidth)}  ${what.padEnd(whatWidth)}  `], [says, paint]];
  });
  const hidden = faults.filter((fault) => !shown.includes(fault));
  const over = hidden.filter(({ state }) => state === 'over').length;
  const more = [
    ...(hidden.length > over ? [`${hidden.length - over} more to come`] : []),
    ...(over > 0 ? [`${counted(over, 'fault')} healed`] : []),
  ];
  return more.length === 0 ? lines : [...lines, [[`  ${more.join(', ')}`, 'dim']]];
}

/** What nodes and workers are in: a node that is ready and one that was resumed are up. */
function stateWord(state: string): string {
  return stateWords[state] ?? state;
}

const stateWords: Readonly<Record<string, string>> = {
  ready: 'up',
  resumed: 'up',
  killed: 'down',
  stopped: 'down',
};

const statePaints: Readonly<Record<string, keyof Paint>> = {
  up: 'green',
  starting: 'yellow',
  paused: 'yellow',
  down: 'red',
  failed: 'red',
};

/** A line that is too long ends with `…`. */
function painted(line: Line, columns: number, paint: Paint): string {
  let room = columns;
  const length = line.reduce((sum, [text]) => sum + text.length, 0);
  if (length > columns) room -= 1;
  const pieces = line.map(([text, color]) => {
    const part = text.slice(0, Math.max(0, room));
    room -= part.length;
    return color === undefined || part === '' ? part : paint[color](part);
  });
  return `${pieces.join('').trimEnd()}${length > columns ? '…' : ''}`;
}

function digits(count: number): number {
  return String(count).length;
}
