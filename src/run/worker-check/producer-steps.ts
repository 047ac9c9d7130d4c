/** What a producer of the user's own must do. */
import { noAbort, pause } from '../../wait.ts';
import { patience } from '../../workers/own/producer-client.ts';
import type { Answer } from '../../workers/own/protocol.ts';
import { type Stand, timeoutMs } from './stand.ts';
import { demand, type Step, some } from './step.ts';
import type { Subject } from './subject.ts';

const many = 200;
const few = 20;
const pauseMs = 1000;
/** Beyond this nobody waits for an answer in a run either. */
const answerMs = patience * timeoutMs;
const awayMs = 1500;
const backBoundMs = 20_000;

export function producerSteps(stand: Stand): Step[] {
  const check = new ProducerCheck(stand);
  return [
    {
      name: 'hello',
      expected: '{"type":"ready","protocol":1} on stdout within 20 s',
      run: () => check.hello(),
    },
    {
      name: 'one send',
      expected: `an answer with its id within ${answerMs / 1000} s: acked`,
      run: () => check.one(),
    },
    {
      name: `${many} sends at once`,
      expected: 'each is answered once: acked',
      run: () => check.many(),
    },
    {
      name: 'what was acked',
      expected: 'is in the log once, as it was given, at the place that was told',
      run: () => check.inLog(),
    },
    {
      name: 'a broker that is away',
      expected: 'each send is answered, and what the answer says is true: acked is stored, rejected is not',
      run: () => check.away(),
    },
    {
      name: 'the broker is back',
      expected: `sends are acked again within ${backBoundMs / 1000} s`,
      run: () => check.back(),
    },
    {
      name: 'pause',
      expected: `goes on after ${pauseMs / 1000} s of SIGSTOP`,
      run: () => check.paused(),
    },
    {
      name: 'SIGTERM',
      expected:
        'answers what it has taken and ends with exit code 0 within 10 s: nothing stored stays without an answer',
      run: () => check.terminated(),
    },
    {
      name: 'kill -9, and another life',
      expected: 'what it had acked is stored, and the next one is ready and sends',
      run: () => check.killed(),
    },
  ];
}

interface Sent {
  /** The worker's lives number their sends anew. */
  readonly subject: Subject;
  readonly id: number;
  readonly seq: number;
  readonly partition: number;
}

class ProducerCheck {
  readonly #stand: Stand;
  readonly #sends: Sent[] = [];
  #life: Subject | undefined;

  constructor(stand: Stand) {
    this.#stand = stand;
  }

  async hello(): Promise<string> {
    this.#life = await this.#stand.start('producer');
    const { client, partitioner } = await this.#life.ready();
    const chooses = partitioner === undefined ? '' : ', chooses partitions';
    return `ready${client === undefined ? '' : `: ${client}`}${chooses}`;
  }

  async one(): Promise<string> {
    const ids = this.#send(1);
    await this.#acked(ids);
    return JSON.stringify(this.#answer(ids[0]));
  }

  async many(): Promise<string> {
    await this.#acked(this.#send(many));
    return `${many} acked`;
  }

  /** @throws StepFailed for the first acknowledged message that is not where it was told. */
  async inLog(): Promise<string> {
    const stored = await this.#stand.log();
    let count = 0;
    for (const { subject, id, seq, partition: asked } of this.#sends) {
      const answer = subject.answers.get(id)?.[0];
      if (answer?.type !== 'acked') continue;
      count += 1;
      const found = stored.get(seq) ?? [];
      const [first] = found;
      demand(first !== undefined, `send ${id} was acked, and is not in the log`);
      demand(
        found.every(({ whole }) => whole),
        `send ${id} is in the log with other bytes than those of its value`,
      );
      const { partition = asked, position } = answer;
      const there = found.some((each) => each.partition === partition && each.position === (position ?? each.position));
      const place = `partition ${first.partition}, position ${first.position}`;
      demand(there, `send ${id} is in ${place}; asked for partition ${asked}, told ${JSON.stringify(answer)}`);
    }
    return `${count} messages, each where it was told`;
  }

  async away(): Promise<string> {
    await this.#stand.killBroker();
    const ids = this.#send(few);
    await pause(awayMs, noAbort);
    await this.#stand.healBroker();
    await this.#answered(ids, answerMs + backBoundMs);
    return this.#truth(ids);
  }

  async back(): Promise<string> {
    const endMs = performance.now() + backBoundMs;
    for (;;) {
      const ids = this.#send(1);
      await this.#answered(ids);
      const answer = this.#answer(ids[0]);
      if (answer?.type === 'acked') break;
      demand(performance.now() < endMs, () => `the last answer: ${JSON.stringify(answer)}`);
    }
    await this.#acked(this.#send(few));
    return `${few} acked`;
  }

  async paused(): Promise<string> {
    await this.#subject.pause();
    const ids = this.#send(few);
    await pause(pauseMs, noAbort);
    await this.#subject.resume();
    await this.#acked(ids);
    return `${few} acked`;
  }

  async terminated(): Promise<string> {
    const subject = this.#subject;
    const ids = this.#send(many);
    await this.#answered(ids.slice(0, 1));
    const ended = await subject.terminate();
    demand(ended !== undefined, 'it is still there after 10 s');
    demand(ended.exitCode === 0, () => subject.state);
    const stored = await this.#stand.log();
    const unsaid = this.#sends.filter(
      (sent) => sent.subject === subject && stored.has(sent.seq) && !subject.answers.has(sent.id),
    );
    demand(unsaid.length === 0, () => `stored and never answered: sends ${some(unsaid.map(({ id }) => id))}`);
    return `exit code 0, ${this.#countAnswered(ids)} of ${many} answered`;
  }

  async killed(): Promise<string> {
    await this.hello();
    const ids = this.#send(many);
    await this.#answered(ids.slice(0, few));
    await this.#subject.kill();
    const told = this.#countAnswered(ids);
    await this.inLog();
    await this.hello();
    await this.#acked(this.#send(few));
    return `${told} of ${many} answered before, all of them stored`;
  }

  get #subject(): Subject {
    if (this.#life === undefined) throw new Error('the worker was not started');
    return this.#life;
  }

  #send(count: number): number[] {
    const subject = this.#subject;
    return this.#stand.messages(count).map((message) => {
      const id = subject.send(message);
      const { seq, partition } = message;
      this.#sends.push({ subject, id, seq, partition });
      return id;
    });
  }

  #answer(id = 0): Answer | undefined {
    return this.#subject.answers.get(id)?.[0];
  }

  #countAnswered(ids: readonly number[]): number {
    return ids.filter((id) => this.#answer(id) !== undefined).length;
  }

  async #answered(ids: readonly number[], boundMs = answerMs): Promise<void> {
    const silent = (): number[] => ids.filter((id) => this.#answer(id) === undefined);
    await this.#subject.until(() => silent().length === 0, boundMs);
    const left = silent();
    const { state } = this.#subject;
    demand(left.length === 0, () => `no answer to ${left.length} of ${ids.length}, sends ${some(left)}; ${state}`);
  }

  async #acked(ids: readonly number[]): Promise<void> {
    await this.#answered(ids);
    const other = ids.map((id) => this.#answer(id)).find((answer) => answer?.type !== 'acked');
    demand(other === undefined, () => `send ${other?.id} was answered: ${JSON.stringify(other)}`);
  }

  async #truth(ids: readonly number[]): Promise<string> {
    const stored = await this.#stand.log();
    const kinds = new Map<string, number>();
    for (const { id, seq, subject } of this.#sends) {
      if (subject !== this.#subject || !ids.includes(id)) continue;
      const type = this.#answer(id)?.type ?? 'silent';
      kinds.set(type, (kinds.get(type) ?? 0) + 1);
      demand(type !== 'acked' || stored.has(seq), `send ${id} was acked, and is not in the log`);
      const lied = `send ${id} was rejected, and is in the log: what is not certain is unknown`;
      demand(type !== 'rejected' || !stored.has(seq), lied);
    }
    return [...kinds].map(([type, count]) => `${count} ${type}`).join(', ');
  }
}
