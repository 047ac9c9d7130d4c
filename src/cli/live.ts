/** What a run tells while it runs: a line a phase and a fault; on a terminal also one line that is drawn anew. */
import { createLogUpdate } from 'log-update';
import type { FaultDetail, FaultStep, Phase } from '../journal/event.ts';
import type { RunObserver, RunView } from '../run/run.ts';
import type { Terminal } from './terminal.ts';

const drawEveryMs = 100;
const heartbeatMs = 10_000;
const barWidth = 10;

const phaseWords: Record<Phase, string> = {
  start: 'starting',
  send: 'sending',
  settle: 'settling what is in flight',
  heal: 'healing and asking every node',
  drain: 'draining with fresh consumers',
  read: 'reading the log independently',
  stop: 'stopping',
};

/** What the run waits for in a phase. */
const phaseWaits: Record<Phase, string> = {
  start: 'for the brokers and the workers',
  send: 'for the producers',
  settle: 'for an answer, or the deadline, of every message in flight',
  heal: 'for every node to answer',
  drain: 'for each group to have received everything',
  read: 'for the reader to reach the end of every partition',
  stop: 'for every process to end',
};

export class Live implements RunObserver, Disposable {
  readonly #terminal: Terminal;
  readonly #title: string | undefined;
  readonly #line: ReturnType<typeof createLogUpdate> | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #faults = new Set<string>();
  readonly #fromMs = performance.now();
  #phase: Phase | undefined;
  #look: (() => RunView) | undefined;

  /** @param title of a run among many: it is before the line that is drawn anew, and only incidents have lines that stay. */
  constructor(terminal: Terminal, title?: string) {
    this.#terminal = terminal;
    this.#title = title;
    if (terminal.live) this.#line = createLogUpdate(process.stderr, { showCursor: true });
    this.#timer = setInterval(() => this.#beat(), terminal.live ? drawEveryMs : heartbeatMs);
    this.#timer.unref();
  }

  phase(phase: Phase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#step(phaseWords[phase]);
  }

  fault(step: FaultStep, { id, do: deed, targets, error }: FaultDetail): void {
    const what = `${deed} ${targets.join(', ')}`;
    if (step === 'injecting') this.#faults.add(id);
    if (step === 'healed' || step === 'failed') this.#faults.delete(id);
    if (step === 'injected') this.#step(`▼ ${id} ${what} injected`);
    if (step === 'healed') this.#step(`▲ ${id} ${what} healed`);
    if (step === 'failed') this.incident(`${id} ${what} failed: ${error ?? 'no reason given'}`);
  }

  incident(text: string): void {
    this.note(`${this.#terminal.color.red('✗')} ${text}`);
  }

  watching(look: () => RunView): void {
    this.#look = look;
  }

  /** A line that stays. */
  note(text: string): void {
    this.#line?.clear();
    this.#terminal.say(`${this.#time()}  ${text}`);
  }

  /** What goes as planned. */
  #step(text: string): void {
    if (this.#title === undefined) this.note(text);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#line?.clear();
    this.#line?.done();
  }

  #beat(): void {
    if (this.#line !== undefined) this.#line(this.#status());
    else if (this.#title === undefined) this.#terminal.say(this.#status());
  }

  #status(): string {
    const view = this.#look?.();
    const faults = this.#faults.size === 0 ? [] : [`▼ ${[...this.#faults].join(', ')}`];
    if (view !== undefined && this.#phase === 'send') return [this.#time(), ...progress(view), ...faults].join('  ');
    const wait = `waiting ${phaseWaits[this.#phase ?? 'start']}`;
    return [this.#time(), wait, ...(view === undefined ? [] : [state(this.#phase, view)]), ...faults].join('  ');
  }

  #time(): string {
    const time = `${((performance.now() - this.#fromMs) / 1000).toFixed(1).padStart(6)} s`;
    return this.#title === undefined ? time : `${this.#title}${time}`;
  }
}

function progress({ messages, counters }: RunView): string[] {
  const { attempted, acked, retried, received } = counters;
  const share = Math.min(1, attempted / messages);
  const bar = '▮'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '▯');
  return [bar, `attempted ${attempted} of ${messages}`, `acked ${acked}`, `retried ${retried}`, `received ${received}`];
}

function state(phase: Phase | undefined, { counters: { attempted, acked, received } }: RunView): string {
  return phase === 'settle' ? `acked ${acked} of ${attempted}` : `received ${received}`;
}
