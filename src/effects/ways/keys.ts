/**
 * Effects and ids in Redis, under the name of the run: `NAME:run` the mark of whose they are, `NAME:e:ID` the effect of
 * a message, `NAME:k:KEY` a key that messages share, `NAME:i:ID` an id that was recorded.
 */
import { type EffectMessage, type Holding, messageId, parseMessageId } from '../message.ts';
import { type CallOptions, longCallMs, type RedisStore } from '../stores/store.ts';
import { StoreTrouble } from '../trouble.ts';

/** Makes the mark; what follows belongs to us. */
export async function claim(store: RedisStore, options: CallOptions): Promise<void> {
  if ((await store.send(['SET', `${store.name}:run`, '1', 'NX'], options)) !== null) return;
  throw new StoreTrouble(`${store.place}: there are keys ${store.name}:* already; they were left as they are`, {
    code: 'effects-exist',
    effect: 'none',
    hint: 'every run has a name of its own: remove what an earlier one left, or use another name',
  });
}

export function effectKey(store: RedisStore, message: EffectMessage): string {
  return `${store.name}:e:${messageId(message)}`;
}

export function sharedKey(store: RedisStore, message: EffectMessage): string {
  return `${store.name}:k:${message.key}`;
}

export function idKey(store: RedisStore, id: string): string {
  return `${store.name}:i:${id}`;
}

/** The effects of all messages; `timesOf` says how often a value stands for. */
export async function* readEffects(
  store: RedisStore,
  timesOf: (value: string) => number,
  options: CallOptions,
): AsyncGenerator<Holding> {
  const prefix = `${store.name}:e:`;
  const seen = new SeenMessages();
  for await (const { key, value } of entries(store, prefix, options)) {
    const message = parseMessageId(key.slice(prefix.length));
    if (message === undefined) yield { kind: 'strange', what: `key ${key}` };
    else if (seen.add(message)) yield { kind: 'effect', ...message, times: timesOf(value) };
  }
}

/** What stands under the keys that messages share; as many as there are keys, which a set holds. */
export async function* readShared(store: RedisStore, options: CallOptions): AsyncGenerator<Holding> {
  const prefix = `${store.name}:k:`;
  const seen = new Set<string>();
  for await (const { key, value } of entries(store, prefix, options)) {
    if (seen.has(key)) continue;
    seen.add(key);
    const [version = '', id = ''] = value.split(' ');
    const message = parseMessageId(id);
    if (message === undefined) yield { kind: 'strange', what: `key ${key} holds "${value}"` };
    else yield { kind: 'latest', key: key.slice(prefix.length), ...message, version: Number(version) };
  }
}

/** `17 3#41`: what a shared key holds. */
export function sharedValue(message: EffectMessage): string {
  return `${message.version} ${messageId(message)}`;
}

async function* entries(
  store: RedisStore,
  prefix: string,
  { signal }: CallOptions,
): AsyncGenerator<{ key: string; value: string }> {
  const options = { signal, callMs: longCallMs };
  for await (const keys of store.scan(prefix, options)) {
    const values = (await store.send(['MGET', ...keys], options)) as (string | null)[];
    for (const [index, key] of keys.entries()) {
      const value = values[index];
      if (value !== null && value !== undefined) yield { key, value };
    }
  }
}

/** SCAN may give a key twice while Redis resizes its table. A bit for each message. */
class SeenMessages {
  readonly #bits = new Map<number, Uint8Array>();

  /** False when it was there. */
  add({ producer, seq }: { producer: number; seq: number }): boolean {
    const at = seq >>> 3;
    let bits = this.#bits.get(producer) ?? new Uint8Array(1024);
    if (at >= bits.length) {
      const larger = new Uint8Array(Math.max(at + 1, bits.length * 2));
      larger.set(bits);
      bits = larger;
    }
    this.#bits.set(producer, bits);
    const bit = 1 << (seq & 7);
    const fresh = ((bits[at] ?? 0) & bit) === 0;
    bits[at] = (bits[at] ?? 0) | bit;
    return fresh;
  }
}
