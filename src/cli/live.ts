/** What a run tells while it runs: a line a phase and a fault; on a terminal also one line that is drawn anew. */
import { createLogUpdate } from 'log-update';
import type { FaultDetail, FaultStep, Phase } from '../journal/event.ts';
import type { RunObserver, RunView } from '../run/run.ts';
import type { Terminal } from './terminal.ts';

const drawEveryMs = 100;
const heartbeatMs = 10_000;

const phaseWords: Record<Phase, string> = {
  start: 'starting',
  send: 'sending',
  settle: 'settling what is in flight',
  heal: 'healing and asking every node',
  drain: 'draining with fresh consumers',
  read: 'reading the log independently',
  stop: 'stopping',
};

export class Live implements RunObserver, Disposable {
  readonly #terminal: Terminal;
  readonly #line: ReturnType<typeof createLogUpdate> | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #faults = new Map<string, string>();
  readonly #fromMs = performance.now();
  #phase: Phase = 'start';
  #look: (() => RunView) | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    if (terminal.live) this.#line = createLogUpdate(process.stderr, { showCursor: true });
    this.#timer = setInterval(() => this.#beat(), terminal.live ? drawEveryMs : heartbeatMs);
    this.#timer.unref();
  }

  phase(phase: Phase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#print(`${this.#time()}  ${phaseWords[phase]}`);
  }

  fault(step: FaultStep, { id, do: deed, targets, error }: FaultDetail): void {
    const what = `${deed} ${targets.join(', ')}`;
    if (step === 'injecting') this.#faults.set(id, what);
    if (step === 'healed' || step === 'failed') this.#faults.delete(id);
    const { red, green } = this.#terminal.color;
    if (step === 'injected') this.#print(`${this.#time()}  ${red('✗')} ${id} ${what} injected`);
    if (step === 'healed') this.#print(`${this.#time()}  ${green('✓')} ${id} ${what} healed`);
    if (step === 'failed') this.#print(`${this.#time()}  ${red('!')} ${id} ${what} failed: ${error ?? ''}`);
  }

  incident(text: string): void {
    this.#print(`${this.#time()}  ${this.#terminal.color.red('!')} ${text}`);
  }

  watching(look: () => RunView): void {
    this.#look = look;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#line?.clear();
    this.#line?.done();
  }

  #beat(): void {
    if (this.#line !== undefined) this.#line(this.#status());
    else this.#terminal.say(this.#status());
  }

  #status(): string {
    const view = this.#look?.();
    const faults = [...this.#faults].map(([id, what]) => `✗ ${id} ${what}`).join('  ');
    if (view === undefined) return `${this.#time()}  ${phaseWords[this.#phase]} …`;
    const { attempted, acked, retried, received } = view.counters;
    const share = Math.min(1, attempted / view.messages);
    const bar = '▮'.repeat(Math.round(share * 12)).padEnd(12, '▯');
    const counts = `attempted ${attempted} of ${view.messages}  acked ${acked}  retried ${retried}  received ${received}`;
    return `${this.#time()}  ${bar}  ${counts}${faults === '' ? '' : `  ${this.#terminal.color.red(faults)}`}`;
  }

  #print(text: string): void {
    this.#line?.clear();
    this.#terminal.say(text);
  }

  #time(): string {
    return `${((performance.now() - this.#fromMs) / 1000).toFixed(1).padStart(6)} s`;
  }
}
