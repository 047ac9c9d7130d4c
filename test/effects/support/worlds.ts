/** A store for the tests of one file: a server that is started once, or a file; each test has a name of its own in it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EffectAccess, type EffectOptions, type Effects, openEffects } from '../../../src/effects/effects.ts';
import type { EffectMessage, Holding } from '../../../src/effects/message.ts';
import type { EffectSettings } from '../../../src/effects/settings.ts';
import { missingServer, serverKinds, type TestServer } from './servers.ts';

export const storeNames = ['sqlite', 'postgres', 'mariadb', 'redis'] as const;
export type StoreName = (typeof storeNames)[number];

/** Why there is no such store here; sqlite is always there. */
export function missing(store: StoreName): string | undefined {
  return store === 'sqlite' ? undefined : missingServer(serverKinds[store]);
}

export class World implements AsyncDisposable {
  readonly store: StoreName;
  readonly server: TestServer | undefined;
  readonly #folder: string;
  #names = 0;

  private constructor(store: StoreName, server: TestServer | undefined) {
    this.store = store;
    this.server = server;
    this.#folder = mkdtempSync(join(tmpdir(), 'mqchaos-effects-'));
  }

  static async start(store: StoreName): Promise<World> {
    return new World(store, store === 'sqlite' ? undefined : await serverKinds[store].launch());
  }

  settings(idempotence: string, form?: string, more: Partial<EffectSettings> = {}): EffectSettings {
    const url = this.server === undefined ? {} : { url: `\${STORE}` };
    return { store: this.store, ...url, idempotence, ...(form === undefined ? {} : { form }), ...more };
  }

  /** A fresh name in the store. */
  access(): EffectAccess {
    this.#names += 1;
    const name = `mqchaos_test_g${this.#names}`;
    if (this.server === undefined) return { name, file: join(this.#folder, 'effects.db') };
    return { name, store: { url: this.server.url, from: `\${STORE}` } };
  }

  /** Opened under a fresh name, and prepared. */
  async effects(
    settings: EffectSettings,
    options?: EffectOptions,
  ): Promise<{ effects: Effects; access: EffectAccess }> {
    const access = this.access();
    const effects = await openEffects(settings, access, options);
    await effects.prepare();
    return { effects, access };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server?.[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function message(seq: number, more: Partial<EffectMessage> = {}): EffectMessage {
  return {
    producer: 1,
    seq,
    key: `account-${seq % 10}`,
    version: seq,
    place: { partition: 0, position: seq },
    ...more,
  };
}

export function messages(count: number): EffectMessage[] {
  return Array.from({ length: count }, (_, seq) => message(seq));
}

/** All that the store holds. */
export async function holdings(effects: Effects): Promise<Holding[]> {
  const all: Holding[] = [];
  for await (const holding of effects.readAll()) all.push(holding);
  return all;
}

/** How often the effect of each message is there, by sequence. @throws when anything else is there. */
export async function times(effects: Effects): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (const holding of await holdings(effects)) {
    if (holding.kind !== 'effect') throw new Error(`not an effect: ${JSON.stringify(holding)}`);
    if (counts.has(holding.seq)) throw new Error(`twice: ${JSON.stringify(holding)}`);
    counts.set(holding.seq, holding.times);
  }
  return counts;
}

/** Number of messages by how often their effect is there: `{ 1: 200 }`. */
export async function tally(effects: Effects): Promise<Record<number, number>> {
  const tallied: Record<number, number> = {};
  for (const count of (await times(effects)).values()) tallied[count] = (tallied[count] ?? 0) + 1;
  return tallied;
}
