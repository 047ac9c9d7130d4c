/**
 * The stores of a run's effects: made before anything is sent, read when all was processed, removed at the end. What is
 * not ours is entered in the ledger first; a file or a Redis of the run's own stays in its folder, as evidence.
 */

import { join } from 'node:path';
import { openAttached } from '../../cluster/attached.ts';
import type { NodeWitness } from '../../cluster/cluster.ts';
import type { Evidence, Node } from '../../cluster/controls.ts';
import type { Ledger } from '../../cluster/undo/ledger.ts';
import { counted } from '../../counted.ts';
import { readAccess, type StoreAccess } from '../../effects/access.ts';
import { type EffectAccess, type Effects, effectsName, openEffects } from '../../effects/effects.ts';
import { keysPerProducer } from '../../effects/message.ts';
import { type EffectSettings, ownRedis } from '../../effects/settings.ts';
import { StoreTrouble } from '../../effects/trouble.ts';
import { type StoreSight, StoreWatch } from '../../effects/watch.ts';
import { messageOf } from '../../errors.ts';
import { type NodeState, none16 } from '../../journal/event.ts';
import { JournalWriter } from '../../journal/writer.ts';
import type { RunContext } from '../context.ts';
import { checkAble } from './brokers.ts';
import { type OwnRedis, startRedis } from './own-redis.ts';

/** In records of nodes' states; brokers are numbered from 0. */
const storeNumber = 0xffff;

interface Parts {
  readonly context: RunContext;
  readonly ledger: Ledger;
  readonly observe: (node: Node, state: NodeState, detail: Evidence) => void;
  readonly watch: StoreWatch;
}

/** Told of servers that faults act on, and of stores that do not answer. */
export interface StoreWitness {
  readonly node: NodeWitness;
  readonly store: (sight: StoreSight) => void;
}

interface GroupEffects {
  readonly access: EffectAccess;
  readonly effects: Effects;
}

export class EffectStores implements AsyncDisposable {
  readonly #context: RunContext;
  readonly #ledger: Ledger;
  readonly #settings: EffectSettings;
  /** Servers that faults may act on. */
  readonly nodes: readonly Node[];
  readonly #redis: OwnRedis | undefined;
  readonly #watch: StoreWatch;
  readonly #groups: GroupEffects[] = [];
  readonly #made: { readonly id: number; readonly effects: Effects; readonly name: string }[] = [];
  #journal: JournalWriter | undefined;

  private constructor(parts: Parts, settings: EffectSettings, redis: OwnRedis | undefined, attached: Node | undefined) {
    this.#context = parts.context;
    this.#ledger = parts.ledger;
    this.#settings = settings;
    this.#redis = redis;
    this.#watch = parts.watch;
    this.nodes = [...(redis === undefined ? [] : [redis.node]), ...(attached === undefined ? [] : [attached])];
  }

  /**
   * Undefined where processing has no effect.
   * @throws ToolError: exit 2 for a variable or URL, 4 for a store that is not there or holds something of our name.
   */
  static async open(
    context: RunContext,
    ledger: Ledger,
    witness: StoreWitness,
    signal: AbortSignal,
  ): Promise<EffectStores | undefined> {
    const settings = context.plan.consumers.effect;
    if (settings === undefined) return undefined;
    const observe: Parts['observe'] = (node, state, detail) => witness.node(storeNumber, node.id, state, detail);
    const attached = await attachedStore(context, ledger, observe);
    const own = ownRedis(settings);
    const redis = own === undefined ? undefined : await startRedis(own, context.folder, observe);
    const parts = { context, ledger, observe, watch: new StoreWatch(witness.store) };
    const stores = new EffectStores(parts, settings, redis, attached);
    try {
      const named = { ...storeAccess(settings, process.env), ...ownAccess(settings, redis) };
      for (const group of context.groups.keys()) await stores.#prepare(group, named, signal);
      return stores;
    } catch (error) {
      await stores.remove();
      await stores[Symbol.asyncDispose]();
      throw error;
    }
  }

  get settings(): EffectSettings {
    return this.#settings;
  }

  /** How a group's workers reach it; with secrets: for memory and IPC only. */
  access(group: number): EffectAccess {
    return this.#of(group).access;
  }

  /** What it is, for the record, and what is wrong with it for this purpose. */
  async describe(): Promise<{ store: string; storeWarnings?: readonly string[] }> {
    const { effects } = this.#of(0);
    const warnings = await effects.warnings();
    return { store: await effects.version(), ...(warnings.length === 0 ? {} : { storeWarnings: warnings }) };
  }

  /** Writes down what a group's store holds. @throws ToolError when it cannot be read: nobody knows then. */
  async record(group: number): Promise<{ ok: true; proof: string }> {
    const { folder, header, clock } = this.#context;
    this.#journal ??= new JournalWriter(join(folder.journals, 'effects.journal'), header('store', 'effects'), clock);
    const journal = this.#journal;
    let held = 0;
    let strange = 0;
    for await (const holding of this.#of(group).effects.readAll()) {
      held += 1;
      if (holding.kind === 'strange') {
        strange += 1;
        journal.append({ kind: 'held', holding: 'strange', producer: none16, seq: 0, group, count: 1 });
      } else {
        const { producer, seq } = holding;
        const count = holding.kind === 'effect' ? holding.times : keysPerProducer;
        journal.append({ kind: 'held', holding: holding.kind, producer, seq, group, count });
      }
    }
    journal.flush();
    const besides = strange === 0 ? '' : `, ${strange} of them of no message`;
    return { ok: true, proof: `${counted(held, 'entry', 'entries')} read from the store${besides}` };
  }

  /** Removes what was made in a store that is not ours, and returns what could not be removed, with the reason. */
  async remove(): Promise<string[]> {
    const left: string[] = [];
    for (const { id, effects, name } of this.#made.splice(0).reverse()) {
      try {
        await effects.remove();
        this.#ledger.done(id);
      } catch (error) {
        left.push(`${name}: ${messageOf(error)}`);
      }
    }
    return left;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#journal?.close();
    await Promise.all(this.#groups.map(({ effects }) => effects[Symbol.asyncDispose]()));
    this.#watch[Symbol.dispose]();
    await this.#redis?.node.shutdown();
  }

  async #prepare(group: number, named: Omit<EffectAccess, 'name'>, signal: AbortSignal): Promise<void> {
    const name = effectsName(this.#context.id, group);
    const file = this.#settings.store === 'sqlite' ? { file: this.#context.folder.effects } : {};
    const access: EffectAccess = { name, ...named, ...file };
    const effects = await openEffects(this.#settings, access, { watch: this.#watch, signal });
    this.#groups.push({ access, effects });
    const { url, idsUrl } = this.#settings;
    const id = url === undefined && idsUrl === undefined ? undefined : this.#ledger.add({ kind: 'effects', name });
    if (id !== undefined) this.#made.push({ id, effects, name });
    try {
      await effects.prepare();
    } catch (error) {
      if (id !== undefined && error instanceof StoreTrouble && error.code === 'effects-exist') {
        this.#made.pop(); // it turned out to be somebody else's
        this.#ledger.done(id);
      }
      throw error;
    }
  }

  #of(group: number): GroupEffects {
    const found = this.#groups[group];
    if (found === undefined) throw new Error(`no effects of group ${group}`);
    return found;
  }
}

/** The server of a store that is not ours, where the profile says how to act on it. */
async function attachedStore(
  { plan, folder }: RunContext,
  ledger: Ledger,
  observe: Parts['observe'],
): Promise<Node | undefined> {
  const control = plan.consumers.storeControl;
  if (control === undefined) return undefined;
  const parts = { ledger, observe, run: folder.path, role: 'store', place: 'consumers.effect.control' } as const;
  const node = await openAttached({ id: 'store', ...control }, parts);
  for (const fault of plan.faults) checkAble(fault, [node]);
  return node;
}

/** The stores that a plan names, by the environment. @throws ToolError (exit 2) that names the variable. */
export function storeAccess(
  { url, idsUrl }: EffectSettings,
  env: Readonly<Record<string, string | undefined>>,
): { store?: StoreAccess; ids?: StoreAccess } {
  return {
    ...(url === undefined ? {} : { store: readAccess(url, 'consumers.effect.url', env) }),
    ...(idsUrl === undefined ? {} : { ids: readAccess(idsUrl, 'consumers.effect.idsUrl', env) }),
  };
}

function ownAccess({ store }: EffectSettings, redis: OwnRedis | undefined): { store?: StoreAccess; ids?: StoreAccess } {
  if (redis === undefined) return {};
  return store === 'redis' ? { store: redis.access } : { ids: redis.access };
}
