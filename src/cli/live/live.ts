/** What `mqchaos run` shows while it runs: the live view where it can be drawn, else a line for each step. */
import type { FaultDetail, FaultStep, Phase } from '../../journal/event.ts';
import type { Plan } from '../../plan/plan.ts';
import { hanging } from '../../report/words/layout.ts';
import type { RunObserver } from '../../run/run.ts';
import { emptyView, type RunView } from '../../run/watch.ts';
import type { Terminal } from '../terminal.ts';
import { FaultWatch } from './faults.ts';
import { Lines } from './lines.ts';
import { Samples } from './samples.ts';
import { Screen } from './screen.ts';
import { renderView } from './view.ts';
import { failureText, incidentText, type Stretch, withRedMark } from './words.ts';

const drawEveryMs = 250;
/** Seconds over which a rate is taken: that of one second jumps. */
const rateOver = 5;

export interface Live extends RunObserver, Disposable {
  /** A stretch begins that is no phase of the run. */
  stretch(stretch: Stretch): void;
  /** A line that stays. */
  note(text: string): void;
}

export function openLive(terminal: Terminal, plan: Plan): Live {
  return terminal.live ? new View(terminal, plan) : new Lines(terminal);
}

class View implements Live {
  readonly #terminal: Terminal;
  readonly #faults: FaultWatch;
  readonly #samples = new Samples();
  readonly #fromMs = performance.now();
  readonly #screen: Screen;
  readonly #timer: NodeJS.Timeout;
  #stretch: Stretch = 'start';
  #look: () => RunView;

  constructor(terminal: Terminal, { faults, producers }: Plan) {
    this.#terminal = terminal;
    this.#faults = new FaultWatch(faults);
    this.#look = () => emptyView(producers.messages);
    this.#screen = new Screen(process.stderr, (columns, rows) => this.#render(columns, rows));
    this.#timer = setInterval(() => this.#screen.refresh(), drawEveryMs);
    this.#timer.unref();
  }

  phase(phase: Phase): void {
    this.stretch(phase);
  }

  stretch(stretch: Stretch): void {
    this.#stretch = stretch;
    this.#screen.refresh();
  }

  fault(step: FaultStep, detail: FaultDetail): void {
    this.#faults.saw(step, detail, performance.now());
    this.#screen.refresh();
    if (step === 'failed') this.incident(failureText(detail));
  }

  incident(text: string): void {
    this.note(incidentText(text));
  }

  watching(look: () => RunView): void {
    this.#look = look;
    this.#screen.refresh();
  }

  note(text: string): void {
    const head = `${((performance.now() - this.#fromMs) / 1000).toFixed(1).padStart(6)} s  `;
    const lines = hanging(head, text, this.#terminal.columns);
    this.#screen.say(lines.map((line) => withRedMark(line, this.#terminal)));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#screen[Symbol.dispose]();
  }

  #render(columns: number, rows: number): string[] {
    const nowMs = performance.now();
    const view = this.#look();
    this.#samples.look(nowMs, view);
    const { taken: samples } = this.#samples;
    const began = samples.findIndex(({ attempted }) => attempted > 0);
    const last = began < 0 ? [] : samples.slice(Math.max(began, samples.length - rateOver));
    const rate = (key: 'attempted' | 'acked'): number =>
      last.reduce((sum, sample) => sum + sample[key], 0) / Math.max(1, last.length);
    const faults = this.#faults.views(nowMs, view, { attempted: rate('attempted'), acked: rate('acked') });
    const state = { stretch: this.#stretch, elapsedMs: nowMs - this.#fromMs, view, faults, samples };
    return renderView(state, columns, rows, this.#terminal.color);
  }
}
