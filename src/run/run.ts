/**
 * One run: from a plan to a folder of evidence. Phases in order: start, send (with the faults), settle, heal, drain,
 * read, stop. However it ends, everything it made is undone; what it wrote stays. Judging is done by whoever reads the
 * folder (judge.ts): a run whose tool died can be judged just the same.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, NodeWitness } from '../cluster/cluster.ts';
import type { Node } from '../cluster/controls.ts';
import { Ledger, readOpenEntries } from '../cluster/undo/ledger.ts';
import { startReaper } from '../cluster/undo/reaper.ts';
import { killMarked, undoLocal } from '../cluster/undo/undo.ts';
import { requireVolume } from '../cluster/volumes/volume-probe.ts';
import { storeEvent } from '../effects/watch.ts';
import { exitCodes, messageOf, ToolError } from '../errors.ts';
import { FaultEngine } from '../faults/engine.ts';
import { findFault } from '../faults/registry.ts';
import { type FaultDetail, type FaultStep, type IncidentDetail, none8, none16, type Phase } from '../journal/event.ts';
import { JournalWriter } from '../journal/writer.ts';
import { encodePlan } from '../plan/encode.ts';
import type { Plan } from '../plan/plan.ts';
import type { Admin } from '../products/driver.ts';
import { AbortedError } from '../wait.ts';
import { newContext, type RunContext } from './context.ts';
import { drain, inSync } from './drain/drain.ts';
import { writeEnvironment } from './folder/environment.ts';
import type { RunFolder } from './folder/folder.ts';
import { endText } from './node-end.ts';
import { isSending, send } from './sending.ts';
import { Belongings } from './set-up/belongings.ts';
import { openCluster, reachedBy, reachedByClients } from './set-up/brokers.ts';
import { EffectStores, type StoreWitness } from './set-up/effect-stores.ts';
import { resolveTarget } from './target.ts';
import { type RunView, Watch } from './watch.ts';
import { Workload } from './workers/workload.ts';

/** Tells the user how it goes. */
export interface RunObserver {
  phase(phase: Phase, detail: Record<string, unknown>): void;
  fault(step: FaultStep, detail: FaultDetail): void;
  /** Something that was not planned: the run goes on, and is no pass. */
  incident(text: string): void;
  /** Worth knowing, and nothing that the run is judged by. */
  note(text: string): void;
  /** The run's state from now on, to be looked at whenever the observer likes. */
  watching(look: () => RunView): void;
}

/** An observer for callers that only want the result. */
export const silent: RunObserver = {
  phase: () => {},
  fault: () => {},
  incident: () => {},
  note: () => {},
  watching: () => {},
};

/** Why a run ended before its end: `limit`, or the signal that interrupted it. */
export type Cut = 'limit' | 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/**
 * @param signal aborts with a `Cut` as its reason: sending stops, faults are healed, and what there is can be audited.
 * @returns why the run was cut short, or undefined.
 * @throws ToolError (exit 4) when it could not be set up; nothing is left running.
 */
export async function run(
  plan: Plan,
  folder: RunFolder,
  observer: RunObserver,
  signal: AbortSignal,
): Promise<Cut | undefined> {
  await requireVolume(plan.cluster);
  writeFileSync(folder.plan, encodePlan(plan));
  const context = await newContext(plan, folder);
  using ledger = new Ledger(folder.ledger);
  const reaper = startReaper(folder.ledger, (text) => observer.note(text));
  const limited = AbortSignal.any([signal, limitSignal(plan.limitMs)]);
  try {
    using journal = new JournalWriter(
      join(folder.journals, 'runner.journal'),
      context.header('runner', 'runner'),
      context.clock,
    );
    return await new Execution(context, ledger, journal, observer, limited).run();
  } finally {
    await reaper.goodbye();
  }
}

class Execution {
  readonly #context: RunContext;
  readonly #ledger: Ledger;
  readonly #journal: JournalWriter;
  readonly #observer: RunObserver;
  readonly #signal: AbortSignal;
  readonly #watch: Watch;

  constructor(context: RunContext, ledger: Ledger, journal: JournalWriter, observer: RunObserver, signal: AbortSignal) {
    this.#context = context;
    this.#ledger = ledger;
    this.#journal = journal;
    this.#observer = observer;
    this.#signal = signal;
    this.#watch = new Watch(context.plan);
    observer.watching(() => this.#watch.view());
  }

  async run(): Promise<Cut | undefined> {
    const { plan, folder, driver } = this.#context;
    this.#phase('start', { broker: plan.cluster.broker });
    const processes = this.#ledger.add({ kind: 'processes', run: folder.path });
    try {
      await using stores = await EffectStores.open(this.#context, this.#ledger, this.#sawStores, this.#signal);
      await using cluster = await openCluster(this.#context, this.#ledger, this.#saw, this.#signal, (text) =>
        this.#incident('node-ended', text),
      );
      await using admin = await driver.admin(this.#context.access(reachedBy(cluster)));
      const software = {
        driver: driver.name,
        broker: await admin.version(this.#signal),
        ...(await stores?.describe()),
      };
      writeEnvironment(folder, this.#context.clockBase, software);
      await this.#withTopics(admin, () =>
        this.#withStores(stores, async () => {
          await this.#checkpoint(cluster);
          await this.#messages(cluster, admin, stores);
        }),
      );
      this.#phase('stop', {});
    } catch (error) {
      // what an interruption breaks off is no failure of set-up: what there is can be judged
      if (!this.#signal.aborted) {
        this.#record('failed', `the run failed: ${messageOf(error)}`); // the caller tells of it
        throw error;
      }
      if (!(error instanceof AbortedError)) this.#record(cutOf(this.#signal), `broken off: ${messageOf(error)}`);
    } finally {
      await this.#undoLeft();
      await this.#endProcesses(processes);
    }
    const cut = this.#signal.aborted ? (this.#signal.reason as Cut) : undefined;
    if (cut === 'limit') this.#incident('limit', 'the limit of the run ran out before it was done');
    else if (cut !== undefined) this.#incident('interrupted', `the run was interrupted by ${cut}`);
    return cut;
  }

  /** What could not be ended stays open in the ledger. */
  async #endProcesses(entry: number): Promise<void> {
    try {
      await killMarked(this.#context.folder.path);
      this.#ledger.done(entry);
    } catch (error) {
      this.#incident('left-behind', `processes of the run, for mqchaos doctor clean: ${messageOf(error)}`);
    }
  }

  /** A process that is not ours, and that its fault could not heal. */
  async #undoLeft(): Promise<void> {
    for (const open of readOpenEntries(this.#context.folder.ledger)) {
      if (!('node' in open.entry)) continue;
      const undone = await undoLocal(open);
      if (undone?.ok === true) this.#ledger.done(open.id);
      this.#incident('left-behind', `a fault was not healed; afterwards: ${undone?.what ?? open.entry.node}`);
    }
  }

  /** What is left on the broker is an incident, never a reason to throw the evidence away. */
  async #withTopics(admin: Admin, work: () => Promise<void>): Promise<void> {
    const belongings = new Belongings(admin, this.#ledger, this.#context.plan.cluster.attach !== undefined);
    try {
      await belongings.make(this.#context, this.#signal);
      await this.#untilInSync(admin);
      await work();
    } finally {
      for (const left of await belongings.remove()) {
        this.#incident('left-behind', `left on the broker, for mqchaos doctor clean: ${left}`);
      }
    }
  }

  /** Copies of ours have all before the first fault: a fault that meets a copy still being made shows nothing. */
  async #untilInSync(admin: Admin): Promise<void> {
    const { plan, folder } = this.#context;
    if (plan.cluster.attach !== undefined) return;
    const { ok, proof } = await inSync({ admin, context: this.#context, signal: this.#signal });
    if (ok || this.#signal.aborted) return;
    throw new ToolError(`the brokers are not in sync: ${proof}`, {
      code: 'not-in-sync',
      hint: `their output is in ${folder.nodes}`,
      exitCode: exitCodes.setup,
    });
  }

  /** What was made for the run is on the disks before the first message: a power cut is to test those. */
  async #checkpoint(cluster: Cluster): Promise<void> {
    const nodes = await cluster.checkpoint();
    if (nodes.length > 0) this.#phase('start', { checkpointed: nodes });
  }

  /** What is left in a store is an incident, as on a broker. */
  async #withStores(stores: EffectStores | undefined, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } finally {
      for (const left of (await stores?.remove()) ?? []) {
        this.#incident('left-behind', `left in the store, for mqchaos doctor clean: ${left}`);
      }
    }
  }

  /** All that needs workers; they are gone when it resolves. */
  async #messages(cluster: Cluster, admin: Admin, stores: EffectStores | undefined): Promise<void> {
    const context = this.#context;
    const access = context.access(reachedBy(cluster));
    const workload = new Workload(
      context,
      { clients: reachedByClients(cluster), past: reachedBy(cluster) },
      this.#journal,
      stores,
      {
        started: async (id, pid) => cluster.links?.know(id, pid),
        broke: (error) => this.#incident('worker-ended', error.message),
        misbehaved: (text) => this.#incident('worker-misbehaved', text),
      },
    );
    this.#watch.at(workload);
    const engine = this.#engine([...cluster.nodes, ...(stores?.nodes ?? [])], workload, admin);
    try {
      await this.#send(workload, engine);
      const parts = { context, journal: this.#journal, cluster, workload, engine, admin, access, signal: this.#signal };
      const outside = stores === undefined ? {} : { stores };
      if (!this.#signal.aborted)
        await drain({
          ...{ ...parts, ...outside },
          observe: (phase) => this.#phase(phase, {}),
          left: (group, count) => this.#watch.left(group, count),
        });
    } finally {
      // a cut run comes here without a drain: its faults are healed all the same
      await engine.end();
      await workload.stop();
    }
  }

  async #send(workload: Workload, engine: FaultEngine): Promise<void> {
    const { plan } = this.#context;
    await workload.startProducers();
    if (plan.consumers.start.type === 'at once') await workload.startConsumers();
    this.#phase('send', { messages: plan.producers.messages });
    await send(plan, workload, engine, this.#signal, (error) => this.#incident('worker-ended', messageOf(error)));
  }

  #engine(nodes: readonly Node[], workload: Workload, admin: Admin): FaultEngine {
    const { plan, channel } = this.#context;
    const engine: FaultEngine = new FaultEngine(plan.faults, {
      journal: this.#journal,
      seed: plan.seed,
      find: findFault,
      resolve: (target) => resolveTarget(target, nodes, workload, () => admin.leaders(channel.name, this.#signal)),
      progress: () => ({
        attempted: workload.counters.attempted,
        acked: workload.counters.acked,
        messages: plan.producers.messages,
        elapsedMs: workload.elapsedMs,
        sending: isSending(workload, engine),
      }),
      observe: (step, detail) => this.#observer.fault(step, detail),
    });
    return engine;
  }

  readonly #saw: NodeWitness = (node, id, state, detail) => {
    this.#watch.saw(id, state);
    this.#journal.append({ kind: 'node', node, state, detail: { ...detail, id } });
    this.#journal.flush();
    if (state === 'failed') this.#incident('node-ended', `${id} ended by itself: ${endText(detail)}`);
  };

  readonly #sawStores: StoreWitness = {
    node: (...seen) => this.#saw(...seen),
    store: (sight) => {
      this.#journal.append(storeEvent(sight, none8, none16));
      this.#journal.flush(); // as all that the runner says: it may be killed too
    },
  };

  #incident(code: IncidentDetail['code'], text: string): void {
    this.#record(code, text);
    this.#observer.incident(text);
  }

  #record(code: IncidentDetail['code'], text: string): void {
    this.#journal.append({ kind: 'incident', detail: { code, text } });
    this.#journal.flush();
  }

  #phase(phase: Phase, detail: Record<string, unknown>): void {
    this.#journal.append({ kind: 'phase', phase, detail });
    this.#journal.flush();
    this.#observer.phase(phase, detail);
  }
}

function cutOf({ reason }: AbortSignal): 'limit' | 'interrupted' {
  return reason === 'limit' ? 'limit' : 'interrupted';
}

function limitSignal(limitMs: number): AbortSignal {
  const limit = new AbortController();
  setTimeout(() => limit.abort('limit' satisfies Cut), limitMs).unref();
  return limit.signal;
}

/** @throws ToolError on anything but Linux: what a fault did, and what is left over, is proven from /proc. */
export function refusePlatform(): void {
  if (process.platform !== 'linux') {
    throw new ToolError(`mqchaos runs on Linux, not on ${process.platform}`, {
      code: 'platform',
      hint: 'use a Linux machine, a container or WSL; mqchaos audit works everywhere',
      exitCode: exitCodes.setup,
    });
  }
}
