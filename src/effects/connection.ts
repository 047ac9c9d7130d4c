/**
 * A connection that is made when it is needed and made again when it was lost. Every wait has a bound. What is known of a
 * call that failed is said exactly: it was never handed over (`none`), the store refused it (`none`), or nobody knows.
 */
import { messageOf } from '../errors.ts';
import { DeadlineError, noAbort, pause, within } from '../wait.ts';
import { Lifetime } from './lifetime.ts';
import { DuplicateKey, isOutage, StoreTrouble, type TroubleCode } from './trouble.ts';
import type { WatchedStore } from './watch.ts';

export interface Bounds {
  /** Of one try to connect. */
  readonly connectMs: number;
  /** Of all tries in a row, once a connection was lost: a store that is killed and started again is waited for. */
  readonly reconnectMs: number;
  /** Of one call, from its being handed over to its answer. */
  readonly callMs: number;
}

export const defaultBounds: Bounds = { connectMs: 3000, reconnectMs: 20_000, callMs: 5000 };

/**
 * What an error of a call says: `duplicate` for a key or table that is there; of those that may have had an effect,
 * `unsure` for an answer of the store that leaves it open, and `lost` for all else.
 */
export type Judgement = 'duplicate' | 'busy' | 'refused' | 'unsure' | 'lost';

/** Why a connection was refused; `passing` trouble is outlasted once a run is under way. */
export interface ConnectTrouble {
  readonly code: TroubleCode;
  readonly text: string;
  readonly hint: string;
  readonly passing: boolean;
}

export interface Wire<Client> {
  readonly place: string;
  /** `gone` is to be called when the connection ends by itself. */
  connect(gone: () => void): Promise<Client>;
  /** Never throws; ends the connection at once, whatever is in flight. */
  discard(client: Client): void;
  judge(error: unknown): Judgement;
  judgeConnect(error: unknown): ConnectTrouble;
  mask(text: string): string;
}

/** One that is up, to its end. */
interface Live<Client> {
  readonly client: Client;
  readonly lifetime: Lifetime;
}

class ConnectionEnded extends Error {
  override readonly name = 'ConnectionEnded';
}

const retryEveryMs = 100;
const busyEveryMs = 10;

export class Connection<Client> implements AsyncDisposable {
  readonly #wire: Wire<Client>;
  readonly #bounds: Bounds;
  readonly #watched: WatchedStore | undefined;
  #live: Promise<Live<Client>> | undefined;
  #closed = false;

  constructor(wire: Wire<Client>, bounds: Bounds, watched?: WatchedStore) {
    this.#wire = wire;
    this.#bounds = bounds;
    this.#watched = watched;
  }

  /** Connects with one try. @throws StoreTrouble that says what is wrong and what to do. */
  async open(signal = noAbort): Promise<void> {
    await this.#connected(false, signal);
  }

  /**
   * Does a piece of work on a connection that is up; what is busy is tried again until the bound of the call.
   * @throws StoreTrouble; DuplicateKey when a constraint refused it.
   */
  async call<T>(work: (client: Client) => Promise<T>, signal = noAbort, callMs = this.#bounds.callMs): Promise<T> {
    const end = performance.now() + callMs;
    for (;;) {
      const live = await this.#connected(true, signal);
      const begunAtMs = performance.now();
      try {
        // the bound of a call begins when it is handed over: waiting for the store to come back has its own
        // a client library may forget the call whose connection ended (mysql2 does when it is told to destroy it)
        const answer = await within(live.lifetime.spans(work(live.client)), { boundMs: callMs, signal });
        this.#watched?.worked(begunAtMs);
        return answer;
      } catch (error) {
        const judged = isUnanswered(error) || signal.aborted ? 'lost' : this.#wire.judge(error);
        if (judged !== 'lost') this.#watched?.worked(begunAtMs); // what it says is an answer
        if (judged === 'duplicate') throw new DuplicateKey();
        if (judged === 'lost' || judged === 'unsure') this.#drop(live);
        if (judged === 'busy' && performance.now() < end) {
          await pause(busyEveryMs, signal);
          continue;
        }
        const trouble = this.#trouble(error, judged);
        if (judged === 'lost') this.#failed('call', trouble.code, begunAtMs, signal);
        throw trouble;
      }
    }
  }

  /** What we broke off ourselves says nothing of the store. */
  #failed(what: 'call' | 'connect', code: TroubleCode, begunAtMs: number, signal: AbortSignal): void {
    if (!this.#closed && !signal.aborted) this.#watched?.failed(what, code, begunAtMs);
  }

  /** One connection for all who wait for it. */
  #connected(patient: boolean, signal: AbortSignal): Promise<Live<Client>> {
    this.#live ??= this.#connect(patient, signal).catch((error: unknown) => {
      this.#live = undefined;
      throw error;
    });
    return this.#live;
  }

  async #connect(patient: boolean, signal: AbortSignal): Promise<Live<Client>> {
    const end = performance.now() + this.#bounds.reconnectMs;
    for (;;) {
      let lost = false;
      let made: Live<Client> | undefined;
      const lifetime = new Lifetime();
      const begunAtMs = performance.now();
      const connecting = this.#closed
        ? Promise.reject(new Error('the store was closed'))
        : this.#wire.connect(() => {
            lost = true;
            lifetime.end(new ConnectionEnded('the connection ended'));
            if (made !== undefined) this.#drop(made);
          });
      try {
        made = { client: await within(connecting, { boundMs: this.#bounds.connectMs, signal }), lifetime };
        if (lost) throw new Error('the connection ended at once');
        this.#watched?.worked(begunAtMs);
        return made;
      } catch (error) {
        connecting.then(
          (client) => this.#wire.discard(client),
          () => {}, // it failed, and `error` says how
        );
        const trouble = this.#judgeConnect(error);
        if (isOutage(trouble.code)) this.#failed('connect', trouble.code, begunAtMs, signal);
        const over = performance.now() >= end || this.#closed || signal.aborted;
        if (!patient || !trouble.passing || over) {
          const { code, hint } = trouble;
          throw new StoreTrouble(`${this.#wire.place}: ${this.#wire.mask(trouble.text)}`, {
            code,
            hint,
            effect: 'none',
          });
        }
        await pause(retryEveryMs, signal);
      }
    }
  }

  #judgeConnect(error: unknown): ConnectTrouble {
    if (!(error instanceof DeadlineError)) return this.#wire.judgeConnect(error);
    const text = `does not answer: ${error.message}`;
    return { code: 'store-unreachable', text, hint: 'is it running, and reachable from here?', passing: true };
  }

  #drop(live: Live<Client>): void {
    const current = this.#live;
    if (current !== undefined) {
      void current.then(
        (one) => {
          if (one === live && this.#live === current) this.#live = undefined;
        },
        () => {}, // it was never made
      );
    }
    this.#wire.discard(live.client);
  }

  #trouble(error: unknown, judged: Exclude<Judgement, 'duplicate'>): StoreTrouble {
    const said = this.#wire.mask(messageOf(error));
    if (judged === 'lost' || judged === 'unsure') {
      const code =
        judged === 'unsure' ? 'store-unsure' : error instanceof DeadlineError ? 'store-deadline' : 'store-lost';
      const message = `${this.#wire.place}: ${said}; whether the call took effect is not known`;
      return new StoreTrouble(message, { code, effect: 'unknown', hint: 'the message is to be processed again' });
    }
    const hint = judged === 'busy' ? 'another process holds the store for too long' : 'see the log of the store';
    return new StoreTrouble(`${this.#wire.place}: refused: ${said}`, { code: 'store-refused', effect: 'none', hint });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const live = await this.#live?.catch(() => undefined);
    if (live !== undefined) this.#wire.discard(live.client);
  }
}

function isUnanswered(error: unknown): boolean {
  return error instanceof DeadlineError || error instanceof ConnectionEnded;
}
