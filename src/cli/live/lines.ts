/** What a run tells line by line: of phases, faults and incidents, and now and then of how far it is. */
import type { FaultDetail, FaultStep, Phase } from '../../journal/event.ts';
import { hanging } from '../../report/words/layout.ts';
import type { RunObserver } from '../../run/run.ts';
import type { RunView } from '../../run/watch.ts';
import type { Terminal } from '../terminal.ts';
import { progressBar } from './progress.ts';
import { Screen } from './screen.ts';
import { failureText, incidentText, phaseWaits, phaseWords, type Stretch, withRedMark } from './words.ts';

const drawEveryMs = 100;
const heartbeatMs = 10_000;
const barWidth = 10;

export class Lines implements RunObserver, Disposable {
  readonly #terminal: Terminal;
  readonly #title: string | undefined;
  readonly #screen: Screen | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #faults = new Set<string>();
  readonly #fromMs = performance.now();
  #stretch: Stretch | undefined;
  #look: (() => RunView) | undefined;

  /** @param title of a run among many: on a terminal it is before a line that is drawn anew, and only incidents have lines. */
  constructor(terminal: Terminal, title?: string) {
    this.#terminal = terminal;
    this.#title = title;
    const isDrawn = terminal.live && title !== undefined;
    if (isDrawn) this.#screen = new Screen(process.stderr, (columns) => [this.#status().slice(0, columns)]);
    this.#timer = setInterval(() => this.#beat(), isDrawn ? drawEveryMs : heartbeatMs);
    this.#timer.unref();
  }

  phase(stretch: Phase): void {
    this.stretch(stretch);
  }

  stretch(stretch: Stretch): void {
    if (stretch === this.#stretch) return;
    this.#stretch = stretch;
    const view = this.#look?.();
    const more = view === undefined ? '' : moreOf(stretch, view);
    this.#step(`${phaseWords[stretch]}${more}`);
  }

  fault(step: FaultStep, detail: FaultDetail): void {
    const { id, do: deed, targets } = detail;
    const what = `${deed} ${targets.join(', ')}`;
    if (step === 'injecting') this.#faults.add(id);
    if (step === 'healed' || step === 'failed') this.#faults.delete(id);
    if (step === 'injected') this.#step(`▼ ${id} ${what} injected`);
    if (step === 'healed') this.#step(`▲ ${id} ${what} healed`);
    if (step === 'failed') this.incident(failureText(detail));
  }

  incident(text: string): void {
    this.note(incidentText(text));
  }

  watching(look: () => RunView): void {
    this.#look = look;
  }

  /** A line that stays. */
  note(text: string): void {
    const head = `${this.#time()}  `;
    const terminal = this.#terminal;
    if (this.#screen === undefined) return terminal.say(withRedMark(`${head}${text}`, terminal));
    this.#screen.say(hanging(head, text, terminal.columns).map((line) => withRedMark(line, terminal)));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#screen?.[Symbol.dispose]();
  }

  /** What goes as planned. */
  #step(text: string): void {
    if (this.#title === undefined) this.note(text);
  }

  #beat(): void {
    if (this.#screen !== undefined) this.#screen.refresh();
    else if (this.#title === undefined) this.#terminal.say(this.#status());
  }

  #status(): string {
    const view = this.#look?.();
    const faults = this.#faults.size === 0 ? [] : [`▼ ${[...this.#faults].join(', ')}`];
    if (view !== undefined && this.#stretch === 'send') return [this.#time(), ...progress(view), ...faults].join('  ');
    const wait = `waiting ${phaseWaits[this.#stretch ?? 'start']}`;
    return [this.#time(), wait, ...(view === undefined ? [] : [state(this.#stretch, view)]), ...faults].join('  ');
  }

  #time(): string {
    const time = `${((performance.now() - this.#fromMs) / 1000).toFixed(1).padStart(6)} s`;
    return this.#title === undefined ? time : `${this.#title}${time}`;
  }
}

/** Of what is about to begin. */
function moreOf(stretch: Stretch, { nodes, messages }: RunView): string {
  if (stretch === 'start' && nodes.length > 0) return ` ${nodes.map(({ id }) => id).join(', ')}`;
  return stretch === 'send' ? ` ${messages} messages` : '';
}

function progress({ messages, counters }: RunView): string[] {
  const { attempted, acked, retried, received } = counters;
  const bar = progressBar(attempted, messages, barWidth);
  return [bar, `attempted ${attempted} of ${messages}`, `acked ${acked}`, `retried ${retried}`, `received ${received}`];
}

function state(stretch: Stretch | undefined, { counters: { attempted, acked, received } }: RunView): string {
  return stretch === 'settle' ? `acked ${acked} of ${attempted}` : `received ${received}`;
}
