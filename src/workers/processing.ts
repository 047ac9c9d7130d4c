/** What a consumer does with what it received: the effect, and what came of it on record. */
import type { Effects } from '../effects/effects.ts';
import { defaultPatienceMs } from '../effects/settings.ts';
import { messageOf } from '../errors.ts';
import { deliveryFlags } from '../journal/event.ts';
import type { JournalWriter } from '../journal/writer.ts';
import type { Semantics } from '../products/driver.ts';
import { inTime, noAbort } from '../wait.ts';
import type { ConsumerWork } from './config.ts';
import { type Failing, PlannedFailure } from './failing.ts';
import { Heartbeat, heartbeatEveryMs } from './heartbeat.ts';
import type { Moves } from './moves.ts';
import { isAway, outlast } from './patience.ts';
import type { Stops } from './stops.ts';
import { effectMessage, type Task } from './task.ts';

const strangers = deliveryFlags.foreign | deliveryFlags.unidentified;
/** Failures that are told on stderr; the journal has all. */
const mostTold = 20;
/** Copies on their way at a time. */
const mostMoves = 64;

export interface ProcessingParts {
  readonly journal: JournalWriter;
  /** Absent: processing has no effect. */
  readonly effects?: Effects;
  /** Absent: processing does not fail by chance. */
  readonly failing?: Failing;
  /** Absent: what failed is given back to the broker. */
  readonly moves?: Moves;
  /** Whether the broker takes each message back by itself, or everything from a position on. */
  readonly settles: Semantics['settles'];
  readonly stops: Stops;
  /** Aborted when the worker is to end. */
  readonly stop: AbortSignal;
}

export class Processing {
  readonly #work: ConsumerWork;
  readonly #parts: ProcessingParts;
  readonly #patienceMs: number;
  /** Tries that failed of messages that are given back in place, where nobody else counts them. */
  readonly #failures = new Map<string, number>();
  #told = 0;

  constructor(work: ConsumerWork, parts: ProcessingParts) {
    this.#work = work;
    this.#parts = parts;
    this.#patienceMs = work.effect?.settings.patienceMs ?? defaultPatienceMs;
  }

  /** Nothing new is to be begun. */
  get ending(): boolean {
    return this.#parts.stop.aborted;
  }

  /** The broker counts tries: what is given back without having been tried has one less all the same. */
  get isCounted(): boolean {
    return this.#work.redelivery?.by === 'broker';
  }

  get stop(): AbortSignal {
    return this.#parts.stop;
  }

  get stops(): Stops {
    return this.#parts.stops;
  }

  /**
   * Processes deliveries one after the other, and says which of them are to be given back: those that failed and were not
   * moved out of the way, and those that were not begun. Where positions are settled, the first of them ends the batch, by
   * throwing. Of what is acknowledged already nothing comes again, so the rest is processed all the same.
   */
  async all(tasks: readonly Task[], heartbeat: () => Promise<void>): Promise<readonly Task[]> {
    const { effects, failing, stops, stop, settles } = this.#parts;
    if (effects === undefined && failing === undefined && stops.none) return [];
    const givesBack = this.#work.commit === 'after';
    const underWay = new UnderWay();
    const failed: Task[] = [];
    using beat = new Heartbeat(heartbeat);
    try {
      for (const [index, task] of tasks.entries()) {
        if ((task.delivery.flags & strangers) !== 0) continue; // nobody can say what its effect would be
        if (givesBack && stop.aborted && !this.isCounted) {
          if (settles === 'position') throw new Error('the rest is given back: this consumer ends');
          failed.push(...tasks.slice(index));
          break;
        }
        if (!(await this.#tried(task, givesBack, underWay))) failed.push(task);
        if (givesBack && underWay.failure !== undefined) throw underWay.failure;
        await underWay.below(mostMoves);
        await beat.due();
      }
      while (!(await underWay.done(heartbeatEveryMs))) await beat.due();
    } finally {
      await underWay.below(1);
    }
    if (underWay.failure === undefined) {
      this.#forget(tasks, failed);
      return failed;
    }
    if (givesBack) throw underWay.failure;
    process.stderr.write(`${messageOf(underWay.failure)}; it was acknowledged before, and is gone\n`);
    return [];
  }

  /** False: the task is to be given back by itself. */
  async #tried(task: Task, givesBack: boolean, underWay: UnderWay): Promise<boolean> {
    const { moves, stop, settles } = this.#parts;
    try {
      await this.#one(task);
      return true;
    } catch (error) {
      const ends = givesBack && stop.aborted;
      if (ends && isAway(error)) {
        if (settles === 'position') throw error; // this try was broken off, not spent
        return false;
      }
      this.#failed(task, error);
      if (moves !== undefined && !ends) underWay.add(moves.move(task));
      else if (givesBack && settles === 'position') throw error;
      else return !givesBack;
      return true;
    }
  }

  async #one({ delivery, place, attempt }: Task): Promise<void> {
    const { effects, failing, journal, stops, stop } = this.#parts;
    const message = effectMessage(delivery, place);
    const { producer, seq } = message;
    await stops.visit('after receive', message);
    const tries = attempt + (this.#failures.get(`${producer}#${seq}`) ?? 0);
    if (failing?.fails(producer, seq, tries) === true) throw new PlannedFailure(tries);
    if (effects === undefined) {
      await stops.visit('before effect', message);
      await stops.visit('after effect', message);
      return;
    }
    const signal = this.#work.commit === 'after' ? stop : noAbort;
    const effect = await outlast(() => effects.apply(message, stops.visit), this.#patienceMs, signal);
    const { groupNumber: group, session } = this.#work;
    journal.append({ kind: 'effect', producer, seq, group, session, attempt, effect });
  }

  #failed({ delivery, attempt }: Task, error: unknown): void {
    const { producer, seq } = delivery;
    const { groupNumber: group, session } = this.#work;
    const { failing, journal, moves } = this.#parts;
    const cause = isAway(error) ? ({ cause: 'store' } as const) : {};
    journal.append({ kind: 'processingFailed', producer, seq, group, session, attempt, ...cause });
    const name = `${producer}#${seq}`;
    if (failing !== undefined && moves === undefined && !this.isCounted)
      this.#failures.set(name, (this.#failures.get(name) ?? 0) + 1);
    if (error instanceof PlannedFailure) return;
    this.#told += 1;
    if (this.#told <= mostTold) process.stderr.write(`${name}: ${messageOf(error)}\n`);
  }

  #forget(tasks: readonly Task[], failed: readonly Task[]): void {
    if (this.#failures.size === 0) return;
    for (const task of tasks) {
      if (!failed.includes(task)) this.#failures.delete(`${task.delivery.producer}#${task.delivery.seq}`);
    }
  }
}

/** Moves that are not done yet, and the first that failed. */
class UnderWay {
  failure: Error | undefined;
  readonly #open = new Set<Promise<void>>();

  add(move: Promise<void>): void {
    const settled: Promise<void> = move
      .catch((error: unknown) => {
        this.failure ??= error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => this.#open.delete(settled));
    this.#open.add(settled);
  }

  /** Resolves when fewer than so many are open. */
  async below(count: number): Promise<void> {
    while (this.#open.size >= count) await Promise.race(this.#open);
  }

  /** Waits so long at most; true when none is open. */
  async done(waitMs: number): Promise<boolean> {
    if (this.#open.size === 0) return true;
    await inTime(this.below(1), { boundMs: waitMs, signal: noAbort }); // each move ends by itself when it is told to
    return this.#open.size === 0;
  }
}
