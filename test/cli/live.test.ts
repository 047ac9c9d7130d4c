import { describe, expect, it } from 'vitest';
import { type FaultView, FaultWatch } from '../../src/cli/live/faults.ts';
import { Samples } from '../../src/cli/live/samples.ts';
import { sparkline } from '../../src/cli/live/sparkline.ts';
import { renderView, type ViewState } from '../../src/cli/live/view.ts';
import { canDraw } from '../../src/cli/terminal.ts';
import type { FaultPlan } from '../../src/plan/plan.ts';
import { emptyView, type WorkerView } from '../../src/run/watch.ts';
import { noCounters } from '../../src/workers/config.ts';

const same = (text: string): string => text;
const paint = { green: same, red: same, yellow: same, dim: same, bold: same };
const wave = (at: number): number => Math.round(1000 + 900 * Math.sin(at / 5));

function producer(id: string, acked: number, unknown = 0): WorkerView {
  return { id, role: 'producer', state: 'up', counters: { ...noCounters, attempted: acked, acked, unknown } };
}

function consumer(id: string, received: number, state: WorkerView['state'] = 'up'): WorkerView {
  return { id, role: 'consumer', state, counters: { ...noCounters, received } };
}

const kill: FaultView = { id: 'f1', what: 'kill b1', targets: ['b1'], state: 'in force', says: 'heals in 1.2 s' };
const pause: FaultView = {
  id: 'f2',
  what: 'pause c2',
  targets: ['c2'],
  state: 'to come',
  says: 'at 60%, in about 3 s',
};

const sending: ViewState = {
  stretch: 'send',
  elapsedMs: 66_300,
  view: {
    elapsedMs: 64_000,
    messages: 20_000,
    counters: { ...noCounters, attempted: 9_300, acked: 9_120, unknown: 43, received: 8_800 },
    nodes: [
      { id: 'ns', state: 'ready' },
      { id: 'b1', state: 'killed' },
      { id: 'b2', state: 'resumed' },
    ],
    workers: [producer('p1', 4_900), producer('p2', 4_220, 43), consumer('c1', 988), consumer('c2', 7_812, 'paused')],
  },
  faults: [kill, pause],
  samples: Array.from({ length: 60 }, (_, at) => ({
    attempted: wave(at),
    acked: wave(at),
    received: at < 50 ? wave(at + 4) : 0,
    unknown: at === 52 ? 43 : 0,
  })),
};

function shown(state: ViewState, columns: number, rows: number): string {
  const lines = renderView(state, columns, rows, paint);
  expect(lines.filter((line) => line.length > columns)).toEqual([]);
  expect(lines.length).toBeLessThanOrEqual(rows);
  return `\n${lines.join('\n')}\n`;
}

describe('the view', () => {
  it('while messages are sent, in 80 columns', () => {
    expect(shown(sending, 80, 40)).toMatchInlineSnapshot(`
      "
         1:06  sending  ▮▮▮▮▮▮▮▮▮▯▯▯▯▯▯▯▯▯▯▯  9300 of 20000 attempted

        ns  up
        b1  down      ▼ f1 heals in 1.2 s
        b2  up
        p1  up        acked 4900
        p2  up        acked 4220  no answer 43
        c1  up        received  988
        c2  paused    received 7812

        acked        9120  █▇▇▆▆▅▄▄▃▃▂▂▂▂▂▂▃▃▄▄▅▆▆▇▇████████▇▇▆▅▅▄▃▃▂▂▂▂▂▂▂▃  376/s
        received     8800  ▆▅▄▄▃▃▂▂▂▂▂▂▃▃▄▄▅▆▆▇▇████████▇▇▆▅▅▄▃▃▂▂▁▁▁▁▁▁▁▁▁▁  0/s
        no answer      43  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▁▁▁▁▁▁▁

        f1  kill b1   heals in 1.2 s
        f2  pause c2  at 60%, in about 3 s
      "
    `);
  });

  it('in 60 columns', () => {
    expect(shown(sending, 60, 40)).toMatchInlineSnapshot(`
      "
         1:06  sending  ▮▮▮▮▮▯▯▯▯▯  9300 of 20000 attempted

        ns  up
        b1  down      ▼ f1 heals in 1.2 s
        b2  up
        p1  up        acked 4900
        p2  up        acked 4220  no answer 43
        c1  up        received  988
        c2  paused    received 7812

        acked        9120  ▅▆▆▇▇████████▇▇▆▅▅▄▃▃▂▂▂▂▂▂▂▃  376/s
        received     8800  ▇████████▇▇▆▅▅▄▃▃▂▂▁▁▁▁▁▁▁▁▁▁  0/s
        no answer      43  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▁▁▁▁▁▁▁

        f1  kill b1   heals in 1.2 s
        f2  pause c2  at 60%, in about 3 s
      "
    `);
  });

  it('in 160 columns', () => {
    expect(shown(sending, 160, 40)).toMatchInlineSnapshot(`
      "
         1:06  sending  ▮▮▮▮▮▮▮▮▮▯▯▯▯▯▯▯▯▯▯▯  9300 of 20000 attempted

        ns  up
        b1  down      ▼ f1 heals in 1.2 s
        b2  up
        p1  up        acked 4900
        p2  up        acked 4220  no answer 43
        c1  up        received  988
        c2  paused    received 7812

        acked        9120  ▅▆▆▇████████▇▇▆▆▅▄▄▃▃▂▂▂▂▂▂▃▃▄▄▅▆▆▇▇████████▇▇▆▅▅▄▃▃▂▂▂▂▂▂▂▃  376/s
        received     8800  ████████▇▇▆▆▅▄▄▃▃▂▂▂▂▂▂▃▃▄▄▅▆▆▇▇████████▇▇▆▅▅▄▃▃▂▂▁▁▁▁▁▁▁▁▁▁  0/s
        no answer      43  ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▁▁▁▁▁▁▁

        f1  kill b1   heals in 1.2 s
        f2  pause c2  at 60%, in about 3 s
      "
    `);
  });

  it.each([
    [15, 'no room between the parts'],
    [12, 'sums in place of rows'],
    [8, 'what is in force alone'],
    [4, 'the totals'],
    [2, 'the head'],
    [1, 'one line'],
    [0, 'nothing'],
  ])('in %i rows: %s', (rows) => {
    expect(shown(sending, 80, rows)).toMatchSnapshot();
  });

  it('before anything has started', () => {
    const state = {
      ...sending,
      stretch: 'start' as const,
      elapsedMs: 0,
      view: emptyView(100),
      faults: [],
      samples: [],
    };
    expect(shown(state, 80, 40)).toMatchInlineSnapshot(`
      "
         0:00  starting

        acked           0
        received        0
        no answer       0
      "
    `);
  });

  it('in the drain: what the broker still counts goes to zero', () => {
    const drained = sending.samples.map((sample, at) => (at < 52 ? sample : { ...sample, left: (59 - at) * 100 }));
    const view = { ...sending.view, left: 120 };
    const text = shown({ ...sending, stretch: 'drain', view, samples: drained, faults: [] }, 80, 40);
    expect(text).toContain('draining with fresh consumers\n');
    expect(text).toContain('unseen        120  █▇▆▅▄▃▂▁\n');
  });

  it('of very many workers and faults: sums, and the next faults', () => {
    const workers = Array.from({ length: 64 }, (_, at) => producer(`p${at + 1}`, at));
    const faults = Array.from({ length: 1000 }, (_, at): FaultView => {
      const state = at < 300 ? 'over' : at === 300 ? 'in force' : 'to come';
      return { id: `f1.${at + 1}`, what: 'kill p1', targets: ['p1'], state, says: state };
    });
    const text = shown({ ...sending, view: { ...sending.view, workers }, faults }, 80, 30);
    expect(text).toContain('producers  64 up\n');
    expect(text).toContain('f1.301  kill p1  in force\n');
    expect(text).toContain('694 more to come, 300 faults healed\n');
  });

  it('paints what is not as it should be, and cuts before it paints', () => {
    const loud = { ...paint, red: (text: string) => `<${text}>`, yellow: (text: string) => `(${text})` };
    const lines = renderView(sending, 26, 40, loud);
    expect(lines[3]).toBe('  b1  <down>      (▼ f1 heal)…');
  });
});

describe('faults', () => {
  const plan = (change: Partial<FaultPlan>): FaultPlan => ({
    id: 'f1',
    do: 'kill',
    target: { type: 'nodes', nodes: ['b1'] },
    trigger: { type: 'progress', fraction: 0.4 },
    ...change,
  });
  const view = { ...emptyView(1000), elapsedMs: 500, counters: { ...noCounters, attempted: 100, acked: 90 } };
  const says = (change: Partial<FaultPlan>, rates = { attempted: 100, acked: 90 }): string =>
    new FaultWatch([plan(change)]).views(0, view, rates)[0]?.says ?? '';

  it('count down to their injection', () => {
    expect(says({})).toBe('at 40%, in about 3 s');
    expect(says({}, { attempted: 0, acked: 0 })).toBe('at 40%');
    expect(says({ trigger: { type: 'progress', fraction: 0.05 } })).toBe('at 5%, now');
    expect(says({ trigger: { type: 'acked', messages: 180 } })).toBe('at 180 acked, in about 1 s');
    expect(says({ trigger: { type: 'time', afterMs: 2000 } })).toBe('in 1.5 s');
  });

  it('count down to their heal, and say how long they were in force', () => {
    const watch = new FaultWatch([plan({ forMs: 2000 })]);
    const detail = { id: 'f1', do: 'kill', targets: ['b1'] };
    const now = (atMs: number): (string | undefined)[] => {
      const [fault] = watch.views(atMs, view, { attempted: 0, acked: 0 });
      return [fault?.state, fault?.says];
    };
    watch.saw('injecting', detail, 1000);
    expect(now(1100)).toEqual(['in force', 'begins']);
    watch.saw('injected', detail, 1200);
    expect(now(1700)).toEqual(['in force', 'heals in 1.5 s']);
    expect(now(9000)).toEqual(['in force', 'heals in 0.0 s']);
    watch.saw('healing', detail, 3200);
    expect(now(3700)).toEqual(['in force', 'is being healed, for 0.5 s']);
    watch.saw('healed', detail, 4200);
    expect(now(9000)).toEqual(['over', 'healed after 3.0 s']);
    watch.saw('failed', { ...detail, error: 'no answer' }, 5000);
    expect(now(9000)).toEqual(['failed', 'failed: no answer']);
  });
});

describe('samples', () => {
  it('are the differences of each second, also of those that nobody looked at, and of a minute', () => {
    const samples = new Samples();
    const look = (atMs: number, acked: number): void =>
      samples.look(atMs, { ...emptyView(1), counters: { ...noCounters, acked } });
    look(1000, 5);
    look(1900, 80);
    expect(samples.taken).toEqual([]);
    look(2000, 105);
    look(4900, 305);
    look(5000, 305);
    expect(samples.taken.map(({ acked }) => acked)).toEqual([100, 100, 100, 0]);
    look(500_000, 999);
    expect(samples.taken).toHaveLength(60);
  });
});

it('a sparkline tells nothing from little', () => {
  expect(sparkline([0, 1, 50, 100])).toBe('▁▂▅█');
  expect(sparkline([0, 0])).toBe('▁▁');
  expect(sparkline([])).toBe('');
});

it.each([
  [{}, true],
  [{ TERM: 'xterm-256color', CI: '' }, true],
  [{ CI: 'false' }, true],
  [{ CI: 'true' }, false],
  [{ CI: '1' }, false],
  [{ TERM: 'dumb' }, false],
])('%o can be drawn on: %s', (environment, can) => {
  expect(canDraw(environment)).toBe(can);
});
