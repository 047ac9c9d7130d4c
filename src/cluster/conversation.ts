/** Orders to a process of ours and its answers: one JSON object a line, on its stdin and its stdout, matched by `id`. */
import { inTime, noAbort } from '../wait.ts';
import type { Evidence } from './controls.ts';
import type { OwnedProcess } from './process.ts';

const answerBoundMs = 10_000;

export class Conversation {
  readonly #process: OwnedProcess;
  readonly #waiting = new Map<number, (answer: Evidence) => void>();
  #next = 1;

  /** @param notice called with what the process says unasked, in lines `{"notice": …}` */
  constructor(process: OwnedProcess, notice: (text: string) => void = () => {}) {
    this.#process = process;
    process.onLine((line) => this.#heard(line, notice));
  }

  /** @throws Error when the process refuses, ends, or says nothing in time (10 s unless told). */
  async order(order: Evidence, boundMs = answerBoundMs): Promise<Evidence> {
    const { name, exit } = this.#process;
    const id = this.#next;
    this.#next += 1;
    const answered = new Promise<Evidence>((resolve) => this.#waiting.set(id, resolve));
    this.#process.write(`${JSON.stringify({ id, ...order })}\n`);
    const ended = exit.then((): Evidence => ({ error: 'ended' }));
    const answer = await inTime(Promise.race([answered, ended]), { boundMs, signal: noAbort });
    this.#waiting.delete(id);
    if (answer === undefined) throw new Error(`${name} did not answer within ${boundMs} ms`);
    const { id: _, error, ...rest } = answer;
    if (error !== undefined) throw new Error(`${name} did not obey: ${String(answer.message ?? error)}`);
    return rest;
  }

  #heard(line: string, notice: (text: string) => void): void {
    const said = parsed(line);
    if (typeof said?.notice === 'string') notice(said.notice);
    if (typeof said?.id === 'number') this.#waiting.get(said.id)?.(said);
  }
}

/** What a line says, if it is one JSON object. */
export function parsed(line: string): Evidence | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Evidence;
  } catch {
    return undefined; // not one of the lines that are meant for us
  }
}
