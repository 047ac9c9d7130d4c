/**
 * The effects of one consumer group: what its workers do to the outside, in a real store, by a way of idempotence. The
 * runner prepares, reads and removes; every worker opens its own and applies.
 */
import { ToolError } from '../errors.ts';
import type { EffectOutcome } from '../journal/event.ts';
import type { StoreAccess } from './access.ts';
import { type Bounds, defaultBounds } from './connection.ts';
import type { EffectMessage, Holding } from './message.ts';
import { type Visit, visitNothing } from './points.ts';
import { findForm, findStore, findWay } from './registry.ts';
import { checkEffects, type EffectSettings } from './settings.ts';
import { longCallMs, type RedisStore, type Store } from './stores/store.ts';
import { StoreTrouble } from './trouble.ts';
import type { StoreWatch } from './watch.ts';
import type { Guard } from './ways/way.ts';

/** How to reach the stores of a run, secrets in the clear: for memory and IPC only. */
export interface EffectAccess {
  /** Name of everything in the store: `effectsName(run, group)`. */
  readonly name: string;
  readonly store?: StoreAccess;
  readonly ids?: StoreAccess;
  /** File of an embedded store. */
  readonly file?: string;
}

export interface EffectOptions {
  readonly bounds?: Partial<Bounds>;
  /** Of one process, to an SQL server. */
  readonly connections?: number;
  readonly watch?: StoreWatch;
  readonly signal?: AbortSignal;
}

export interface Effects extends AsyncDisposable {
  /** The store's software and version, for the record. */
  version(): Promise<string>;
  /** What is wrong with the stores for this purpose: one that forgets when it is killed makes effects go missing. */
  warnings(): Promise<readonly string[]>;
  /** Makes table or keys. @throws StoreTrouble `effects-exist` when there is something of that name: it is left alone. */
  prepare(): Promise<void>;
  /**
   * Processes a message to its effect, and says so only with the store's own answer. @throws StoreTrouble: `effect` says
   * whether it is known that nothing was changed. Waits for a store that is being started again, within its bounds.
   */
  apply(message: EffectMessage, visit?: Visit): Promise<EffectOutcome>;
  /** What the store holds. Nothing comes twice; memory is a bit for each message. */
  readAll(): AsyncIterable<Holding>;
  /** Removes table and keys, of any process that died as well; nothing there is no error. */
  remove(): Promise<void>;
}

/** Connects, with one try. @throws ToolError: exit 2 for settings and URLs, 4 for a store that is not there. */
export async function openEffects(
  settings: EffectSettings,
  access: EffectAccess,
  options: EffectOptions = {},
): Promise<Effects> {
  const [problem] = checkEffects(settings);
  if (problem !== undefined) throw new ToolError(`effect: ${problem.message}`, { code: 'effect-settings' });
  const form = findForm(findWay(settings.idempotence), settings.form);
  const request = requestOf(access, options);
  const { store: at, ids: idsAt, file } = access;
  const store = await findStore(settings.store).open({
    ...request,
    ...(at === undefined ? {} : { access: at }),
    ...(file === undefined ? {} : { file }),
  });
  try {
    const ids = form.ids === 'any' ? await openIds(store, idsAt, request) : undefined;
    const { expireMs } = settings;
    const guard = form.open({ store, ...(ids && { ids }), ...(expireMs === undefined ? {} : { expireMs }) });
    return new OpenEffects(guard, store, ids === store ? undefined : ids, options.signal);
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

/** `mqchaos_0000002a_1b2c3d4e_g1`: name of a group's effects in any store. */
export function effectsName(run: string, group: number): string {
  const name = `mqchaos_${run.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}_g${group + 1}`;
  if (name.length > 60) throw new Error(`${name} is too long for a table`); // PostgreSQL: 63, and an index has two more
  return name;
}

type Request = ReturnType<typeof requestOf>;

function requestOf({ name }: EffectAccess, { bounds, connections = 4, watch, signal }: EffectOptions) {
  if (!/^[a-z][a-z0-9_]{0,59}$/.test(name)) throw new Error(`"${name}" is no name for a table`);
  return {
    ...{ name, connections, bounds: { ...defaultBounds, ...bounds } },
    ...(watch && { watch }),
    ...(signal && { signal }),
  };
}

async function openIds(store: Store, access: StoreAccess | undefined, request: Request): Promise<RedisStore> {
  if (access === undefined) {
    if (store.family === 'redis') return store;
    const hint = `idsUrl: \${NAME}, the name of an environment variable that holds redis://host:port`;
    throw new ToolError('effect: ids are recorded in a Redis, and none is given', { code: 'effect-settings', hint });
  }
  const ids = await findStore('redis').open({ ...request, access });
  if (ids.family !== 'redis') throw new Error('ids are recorded in a Redis');
  return ids;
}

class OpenEffects implements Effects {
  readonly #guard: Guard;
  readonly #store: Store;
  /** Another store than that of the effect. */
  readonly #ids: RedisStore | undefined;
  readonly #signal: AbortSignal | undefined;
  /** Somebody else's things are under our name. */
  #foreign = false;

  constructor(guard: Guard, store: Store, ids: RedisStore | undefined, signal: AbortSignal | undefined) {
    this.#guard = guard;
    this.#store = store;
    this.#ids = ids;
    this.#signal = signal;
  }

  async version(): Promise<string> {
    return (await Promise.all(this.#stores().map((store) => store.version(this.#signal)))).join(', ids in ');
  }

  async warnings(): Promise<readonly string[]> {
    const said = await Promise.all(this.#stores().map((store) => store.durability(this.#signal)));
    return said.filter((warning) => warning !== undefined);
  }

  async prepare(): Promise<void> {
    try {
      await this.#guard.prepare({ signal: this.#signal, callMs: longCallMs });
    } catch (error) {
      this.#foreign = error instanceof StoreTrouble && error.code === 'effects-exist';
      throw error;
    }
  }

  apply(message: EffectMessage, visit: Visit = visitNothing): Promise<EffectOutcome> {
    return this.#guard.apply(message, visit, { signal: this.#signal });
  }

  readAll(): AsyncIterable<Holding> {
    return this.#guard.read({ signal: this.#signal });
  }

  async remove(): Promise<void> {
    if (this.#foreign) return;
    await Promise.all(this.#stores().map((store) => store.remove()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#stores().map((store) => store[Symbol.asyncDispose]()));
  }

  #stores(): readonly Store[] {
    return this.#ids === undefined ? [this.#store] : [this.#store, this.#ids];
  }
}
