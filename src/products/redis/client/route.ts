/**
 * The way to the present primary: one connection, looked for again whenever there is trouble, and now and then without,
 * because a deposed primary goes on answering. Redis tells nobody who was promoted; whoever uses it has to ask.
 */

import { pause } from '../../../wait.ts';
import type { BrokerAccess } from '../../driver.ts';
import { type Link, openLink } from './link.ts';
import { Servers } from './servers.ts';

const retryMs = 20;
const checkMs = 1_000;
const hourMs = 3_600_000;

export class Route implements Disposable {
  readonly #access: BrokerAccess;
  readonly #servers: Servers;
  readonly #closing = new AbortController();
  /** Ends the pause between two looks. */
  #wake = new AbortController();
  #doubted = false;
  #link: Link | undefined;
  /** Those who wait for a connection. */
  #waiting: (() => void)[] = [];

  constructor(access: BrokerAccess) {
    this.#access = access;
    this.#servers = new Servers(access);
    void this.#follow();
  }

  /** To the primary as last known; undefined: there is none that can be written to now. */
  get link(): Link | undefined {
    return this.#link?.open === true ? this.#link : undefined;
  }

  /** Resolves when there may be a connection again; look at `link` at once. Never rejects, and may never resolve. */
  opened(): Promise<void> {
    return new Promise((resolve) => {
      if (this.link === undefined) this.#waiting.push(resolve);
      else resolve();
    });
  }

  /** There was trouble: the primary is looked for now. */
  doubt(): void {
    this.#doubted = true;
    this.#wake.abort();
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    this.#wake.abort();
    this.#servers[Symbol.dispose]();
    this.#link?.end();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    // with one server there is nobody else to look for
    const usualMs = this.#servers.addresses.length === 1 ? hourMs : checkMs;
    while (!signal.aborted) {
      this.#doubted = false;
      this.#wake = new AbortController();
      await this.#look().catch(() => undefined); // no primary now: asked again below
      if (this.link !== undefined && !this.#doubted) await pause(usualMs, this.#wake.signal);
      await pause(retryMs, signal); // many doubts at once are one
    }
  }

  /** While nobody says that he is the primary, the old connection stays: it may be that he is only slow. */
  async #look(): Promise<void> {
    const { signal } = this.#closing;
    const { address } = await this.#servers.primary(signal);
    if (this.link?.address === address) return;
    const link = await openLink(this.#access, address, { signal });
    this.#link?.end();
    this.#link = link;
    link.ended.addEventListener('abort', () => this.doubt(), { once: true });
    if (signal.aborted) link.end();
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
