/** The worker that is checked, in one of its lives: what it has said, and what is done to it. */
import type { Evidence } from '../../cluster/controls.ts';
import { pauseGroup, resumeGroup } from '../../cluster/signals.ts';
import { noAbort, poll } from '../../wait.ts';
import { type CommandRequest, type Ended, OwnCommand } from '../../workers/own/command.ts';
import type { Answer, Ready, Receipt, Said, Send } from '../../workers/own/protocol.ts';

const lookEveryMs = 5;
const endBoundMs = 10_000;

export class Subject {
  readonly complaints: string[] = [];
  /** In the order in which it was said. */
  readonly said: Exclude<Said, Ready>[] = [];
  /** By the send. */
  readonly answers = new Map<number, Answer[]>();
  #command: OwnCommand | undefined;
  #ended: Ended | undefined;
  #nextSend = 1;
  /** It chooses the partition of each message. */
  #chooses = false;

  static async start(request: CommandRequest): Promise<Subject> {
    const subject = new Subject();
    const command = await OwnCommand.start(request, {
      said: (said) => subject.#take(said),
      pause: () => {},
      complain: (text) => subject.complaints.push(text),
    });
    subject.#command = command;
    void command.ended.then((ended) => {
      subject.#ended = ended;
    });
    return subject;
  }

  /** @throws ToolError `command-not-ready`, `command-ended`. */
  async ready(): Promise<Ready> {
    const ready = await this.#living.ready();
    this.#chooses = ready.partitioner === 'own';
    return ready;
  }

  get receipts(): Receipt[] {
    return this.said.filter((said): said is Receipt => said.type === 'received');
  }

  /** The number of the send. */
  send({
    seq,
    partition,
    value,
  }: {
    readonly seq: number;
    readonly partition: number;
    readonly value: Buffer;
  }): number {
    const id = this.#nextSend;
    this.#nextSend += 1;
    const where = this.#chooses ? {} : { partition };
    const send: Send = { type: 'send', id, ...where, key: `1-${seq}`, value: value.toString('base64') };
    this.#living.send(send);
    return id;
  }

  /** True as soon as it holds; false when it does not in time, or the worker has ended before. */
  async until(holds: () => boolean, boundMs: number): Promise<boolean> {
    const look = (): boolean | undefined => (holds() ? true : this.#ended === undefined ? undefined : false);
    return (await poll(look, { everyMs: lookEveryMs, boundMs, signal: noAbort })) ?? false;
  }

  pause(): Promise<Evidence> {
    return pauseGroup(this.#living.pid);
  }

  resume(): Promise<Evidence> {
    return resumeGroup(this.#living.pid);
  }

  /** SIGTERM; undefined: it is still there after 10 s. */
  async terminate(): Promise<Ended | undefined> {
    this.#living.signal('SIGTERM');
    await poll(() => this.#ended, { everyMs: lookEveryMs, boundMs: endBoundMs, signal: noAbort });
    return this.#ended;
  }

  /** SIGKILL; resolves when all that it had said is known. */
  async kill(): Promise<void> {
    this.#living.signal('SIGCONT');
    this.#living.signal('SIGKILL');
    await this.#living.ended;
  }

  /** How it is now, for whoever waited in vain. */
  get state(): string {
    const ended = this.#ended;
    if (ended === undefined) return 'it runs';
    const how = ended.signal === null ? `exit code ${ended.exitCode}` : `signal ${ended.signal}`;
    return `it has ended with ${how}${ended.lastWords === '' ? '' : `, and said last: ${ended.lastWords}`}`;
  }

  get #living(): OwnCommand {
    if (this.#command === undefined) throw new Error('the worker was not started');
    return this.#command;
  }

  #take(said: Exclude<Said, Ready>): void {
    this.said.push(said);
    if (!('reason' in said)) return;
    const before = this.answers.get(said.id);
    if (before !== undefined) this.complaints.push(`send ${said.id} is answered ${before.length + 1} times`);
    if (said.id < 1 || said.id >= this.#nextSend) this.complaints.push(`send ${said.id} was never asked for`);
    this.answers.set(said.id, [...(before ?? []), said]);
  }
}
