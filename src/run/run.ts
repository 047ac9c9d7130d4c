/**
 * One run: from a plan to a folder of evidence. Phases in order: start, send (with the faults), settle, heal, drain,
 * read, stop. However it ends, everything it made is undone; what it wrote stays. Judging is done by whoever reads the
 * folder (judge.ts): a run whose tool died can be judged just the same.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../cluster/cluster.ts';
import { Ledger } from '../cluster/ledger.ts';
import { freePorts } from '../cluster/ports.ts';
import { startReaper } from '../cluster/reaper.ts';
import { killMarked } from '../cluster/undo.ts';
import { pause } from '../cluster/wait.ts';
import type { Admin } from '../drivers/driver.ts';
import { exitCodes, ToolError } from '../errors.ts';
import { FaultEngine } from '../faults/engine.ts';
import { findFault } from '../faults/registry.ts';
import type { FaultDetail, FaultStep, Phase } from '../journal/event.ts';
import { JournalWriter } from '../journal/writer.ts';
import { encodePlan } from '../plan/encode.ts';
import type { Plan } from '../plan/plan.ts';
import type { Counters } from '../workers/config.ts';
import { newContext, type RunContext } from './context.ts';
import { drain } from './drain.ts';
import { writeEnvironment } from './environment.ts';
import type { RunFolder } from './folder.ts';
import { resolveTarget } from './target.ts';
import { Workload } from './workload.ts';

/** Tells the user how it goes. */
export interface RunObserver {
  phase(phase: Phase, detail: Record<string, unknown>): void;
  fault(step: FaultStep, detail: FaultDetail): void;
  /** The run's state from now on, to be looked at whenever the observer likes. */
  watching(look: () => RunView): void;
}

/** An observer for callers that only want the result. */
export const silent: RunObserver = { phase: () => {}, fault: () => {}, watching: () => {} };

export interface RunView {
  readonly elapsedMs: number;
  readonly messages: number;
  readonly counters: Counters;
}

/** Why a run ended before its end: `limit`, or the signal that interrupted it. */
export type Cut = 'limit' | 'SIGINT' | 'SIGTERM';

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
  writeFileSync(folder.plan, encodePlan(plan));
  const context = await newContext(plan, folder);
  using ledger = new Ledger(folder.ledger);
  const reaper = startReaper(folder.ledger);
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

const lookEveryMs = 10;

class Execution {
  readonly #context: RunContext;
  readonly #ledger: Ledger;
  readonly #journal: JournalWriter;
  readonly #observer: RunObserver;
  readonly #signal: AbortSignal;

  constructor(context: RunContext, ledger: Ledger, journal: JournalWriter, observer: RunObserver, signal: AbortSignal) {
    this.#context = context;
    this.#ledger = ledger;
    this.#journal = journal;
    this.#observer = observer;
    this.#signal = signal;
  }

  async run(): Promise<Cut | undefined> {
    const { plan, folder, driver } = this.#context;
    this.#phase('start', { broker: plan.cluster.broker });
    const processes = this.#ledger.add({ kind: 'processes', run: folder.path });
    try {
      await using cluster = await this.#cluster();
      const access = this.#context.access(cluster.bootstrap);
      await using admin = await driver.admin(access);
      await writeEnvironment(folder, driver.name, await admin.version(this.#signal));
      await using _topics = await this.#topics(admin);
      await this.#messages(cluster, admin);
      this.#phase('stop', {});
    } finally {
      await killMarked(folder.path);
      this.#ledger.done(processes);
    }
    const cut = this.#cut();
    if (cut !== undefined) this.#phase('stop', { cut });
    return cut;
  }

  #cut(): Cut | undefined {
    return this.#signal.aborted ? (this.#signal.reason as Cut) : undefined;
  }

  /** All that needs workers; they are gone when it resolves. */
  async #messages(cluster: Cluster, admin: Admin): Promise<void> {
    const context = this.#context;
    const access = context.access(cluster.bootstrap);
    const workload = new Workload(context, cluster.bootstrap, this.#journal);
    const engine = this.#engine(cluster, workload, admin);
    try {
      await this.#send(workload, engine);
      const parts = { context, journal: this.#journal, cluster, workload, engine, admin, access, signal: this.#signal };
      if (!this.#signal.aborted) await drain({ ...parts, observe: (phase) => this.#phase(phase, {}) });
    } finally {
      // a cut run comes here without a drain: its faults are healed all the same
      await engine.end();
      await workload.stop();
      for (const error of workload.broken) this.#phase('stop', { broken: error.message });
    }
  }

  async #send(workload: Workload, engine: FaultEngine): Promise<void> {
    const { plan } = this.#context;
    await workload.startProducers();
    const { start } = plan.consumers;
    if (start.type === 'at once') await workload.startConsumers();
    this.#phase('send', { messages: plan.producers.messages });
    const messages = plan.producers.messages;
    this.#observer.watching(() => ({ elapsedMs: workload.elapsedMs, messages, counters: workload.counters }));
    workload.go();
    engine.start();
    const consumers = start.type === 'at once' ? Promise.resolve() : this.#consumersLater(workload, engine);
    while (isSending(workload, engine) && !this.#signal.aborted) await pause(lookEveryMs, this.#signal);
    await consumers;
  }

  async #consumersLater(workload: Workload, engine: FaultEngine): Promise<void> {
    const { start } = this.#context.plan.consumers;
    if (start.type === 'after faults') await Promise.race([engine.finished(), aborted(this.#signal)]);
    while (!this.#signal.aborted && isSending(workload, engine) && !this.#reached(workload)) {
      await pause(lookEveryMs, this.#signal);
    }
    if (!this.#signal.aborted) await workload.startConsumers();
  }

  #reached(workload: Workload): boolean {
    const { start } = this.#context.plan.consumers;
    const { attempted, acked } = workload.counters;
    switch (start.type) {
      case 'progress':
        return attempted >= start.fraction * this.#context.plan.producers.messages;
      case 'acked':
        return acked >= start.messages;
      case 'time':
        return workload.elapsedMs >= start.afterMs;
      default:
        return true;
    }
  }

  #engine(cluster: Cluster, workload: Workload, admin: Admin): FaultEngine {
    const { plan, topic } = this.#context;
    const engine: FaultEngine = new FaultEngine(plan.faults, {
      journal: this.#journal,
      find: findFault,
      resolve: (target) => resolveTarget(target, cluster, workload, () => admin.leaders(topic, this.#signal)),
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

  async #cluster(): Promise<Cluster> {
    const { plan, folder, driver } = this.#context;
    const { cluster } = plan;
    if (cluster.broker !== 'bundled')
      return Cluster.attach(cluster.attach, cluster.control, this.#ledger, this.#journal);
    if (driver.layout === undefined) throw new Error(`driver ${driver.name} cannot start brokers`);
    const ports = await freePorts(cluster.masters + 1);
    const port = (): number => {
      const next = ports.pop();
      if (next === undefined) throw new Error(`driver ${driver.name} asks for more ports than it has nodes`);
      return next;
    };
    const specs = driver.layout({ masters: cluster.masters, folder: folder.nodes, port });
    return Cluster.start(specs, folder.path, this.#journal);
  }

  /** Makes the run's topics; whatever it made on the broker is gone again when it is disposed. */
  async #topics(admin: Admin): Promise<AsyncDisposable> {
    const { plan, topic, probeTopic, groups, readerGroup } = this.#context;
    const { partitions, replication } = plan.topic;
    const made: { id: number; undo: () => Promise<void> }[] = [];
    const signal = new AbortController().signal;
    const dispose = async (): Promise<void> => {
      for (const { id, undo } of made.reverse()) {
        await undo();
        this.#ledger.done(id);
      }
    };
    const allGroups = [...groups, readerGroup, `${readerGroup}-probe`];
    try {
      for (const name of [topic, probeTopic]) {
        made.push({
          id: this.#ledger.add({ kind: 'topic', topic: name }),
          undo: () => admin.deleteTopic(name, signal),
        });
        await admin.createTopic(
          { topic: name, partitions, ...(replication === undefined ? {} : { replication }) },
          this.#signal,
        );
      }
      for (const group of allGroups) {
        made.push({ id: this.#ledger.add({ kind: 'group', group }), undo: () => admin.deleteGroups([group], signal) });
      }
    } catch (error) {
      await dispose();
      throw error;
    }
    return { [Symbol.asyncDispose]: dispose };
  }

  #phase(phase: Phase, detail: Record<string, unknown>): void {
    this.#journal.append({ kind: 'phase', phase, detail });
    this.#journal.flush();
    this.#observer.phase(phase, detail);
  }
}

/** Producers send, or will again: a killed one comes back when its fault heals. */
function isSending(workload: Workload, engine: FaultEngine): boolean {
  return workload.sending || (workload.unfinished && engine.willHeal);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function limitSignal(limitMs: number): AbortSignal {
  const limit = new AbortController();
  setTimeout(() => limit.abort('limit' satisfies Cut), limitMs).unref();
  return limit.signal;
}

/** Exit code of a run that was cut by a signal. */
export function exitCodeOfCut(cut: Cut | undefined): number | undefined {
  if (cut === 'SIGINT') return exitCodes.interrupted;
  return cut === 'SIGTERM' ? exitCodes.terminated : undefined;
}

/** @throws ToolError when this platform cannot run brokers and workers at all. */
export function refusePlatform(): void {
  if (process.platform === 'win32') {
    throw new ToolError('mqchaos needs POSIX signals and does not run on Windows', {
      code: 'platform',
      hint: 'use WSL',
      exitCode: exitCodes.setup,
    });
  }
}
