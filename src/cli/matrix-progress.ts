/** What a matrix tells while it runs: a line for each run that is done; on a terminal also the one that is running. */
import type { MatrixObserver } from '../matrix/matrix.ts';
import { measures } from '../matrix/measures.ts';
import { asItShould, harmOf, type Outcome, outcomeOf, type Result } from '../matrix/result.ts';
import type { Step } from '../matrix/step.ts';
import { longest } from '../report/words/layout.ts';
import { Lines } from './live/lines.ts';
import type { Terminal } from './terminal.ts';

const outcomeWords: Record<Outcome, string> = {
  held: 'held',
  harmed: 'harmed',
  shown: 'harm shown',
  weak: 'fault too weak',
  broken: 'not as its profile expects',
  inconclusive: 'inconclusive',
};
const nameWidth = longest(measures.map(({ name }) => name));

export class MatrixProgress implements MatrixObserver {
  readonly #terminal: Terminal;
  #live: Lines | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  begin(step: Step, index: number, total: number): Lines {
    this.#live = new Lines(this.#terminal, `${titleOf(step, index, total)} `);
    return this.#live;
  }

  done(step: Step, result: Result, index: number, total: number, counted: boolean): void {
    this.#live = undefined;
    const { color } = this.#terminal;
    const good = counted && asItShould(result);
    const outcome = counted ? outcomeWords[outcomeOf(result)] : 'interrupted: to be done again';
    const took = `${(result.tookMs / 1000).toFixed(1).padStart(6)} s`;
    const numbers = `attempted ${result.attempted}  acked ${result.acked}  harm ${harmOf(result)}`;
    const mark = good ? color.green('✓') : color.red('✗');
    const seed = `seed ${String(step.seed).padEnd(10)}`;
    this.#terminal.say(`${titleOf(step, index, total)} ${took}  ${seed}  ${mark} ${outcome}  ${numbers}`);
    if (!good) for (const reason of result.reasons) this.#terminal.say(`      ${reason}`);
  }

  /** A line that stays, whatever is being drawn. */
  note(text: string): void {
    if (this.#live === undefined) this.#terminal.say(text);
    else this.#live.note(text);
  }
}

/** ` 3/46  primary-key        off  `. */
function titleOf({ measure, half }: Step, index: number, total: number): string {
  const place = `${String(index).padStart(String(total).length)}/${total}`;
  return `${place}  ${measure.padEnd(nameWidth)}  ${half.padEnd(5)}`;
}
