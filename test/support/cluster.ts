/**
 * A run in the hands of a test: real brokers and real workers out of the same parts as `mqchaos run`, but the test
 * decides what happens between their start and the drain. In the end the folder is judged as any run is.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/cluster/cluster.ts';
import { killMarked } from '../../src/cluster/undo/undo.ts';
import { FaultEngine } from '../../src/faults/engine.ts';
import { JournalWriter } from '../../src/journal/writer.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import { encodePlan } from '../../src/plan/encode.ts';
import type { NodeAddress } from '../../src/products/cluster.ts';
import type { Admin, BrokerAccess } from '../../src/products/driver.ts';
import { loadProfile } from '../../src/profile/load.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { newContext, type RunContext } from '../../src/run/context.ts';
import { drain } from '../../src/run/drain/drain.ts';
import { journalsOf, makeRunFolder } from '../../src/run/folder/folder.ts';
import { judge } from '../../src/run/judge.ts';
import { addressOf, layOut } from '../../src/run/set-up/brokers.ts';
import { Workload } from '../../src/run/workers/workload.ts';
import { noAbort } from '../../src/wait.ts';

const profileFile = 'profile.yaml';

export class TestRun implements AsyncDisposable {
  readonly context: RunContext;
  readonly cluster: Cluster;
  readonly workload: Workload;
  readonly admin: Admin;
  readonly access: BrokerAccess;
  readonly #journal: JournalWriter;
  readonly #parent: string;

  private constructor(parts: Pick<TestRun, 'context' | 'cluster' | 'admin'>, journal: JournalWriter, parent: string) {
    this.context = parts.context;
    this.cluster = parts.cluster;
    this.admin = parts.admin;
    this.access = parts.context.access(parts.cluster);
    const incident = (code: 'worker-ended' | 'worker-misbehaved', text: string): void =>
      journal.append({ kind: 'incident', detail: { code, text } });
    this.workload = new Workload(parts.context, { clients: parts.cluster, past: parts.cluster }, journal, undefined, {
      started: async () => {},
      broke: ({ message }) => incident('worker-ended', message),
      misbehaved: (text) => incident('worker-misbehaved', text),
    });
    this.#journal = journal;
    this.#parent = parent;
  }

  /** Starts the brokers and makes the topics. `profile` is all that follows the question; faults in it never fire. */
  static async start(profile: string, seed: number): Promise<TestRun> {
    const parent = mkdtempSync(join(tmpdir(), 'mqchaos-test-'));
    const file = join(parent, profileFile);
    writeFileSync(file, `version: 1\nname: test\nquestion: Is it so?\n${profile}`);
    const plan = compilePlan(loadProfile(file), seed);
    const folder = makeRunFolder(seed, join(parent, 'run'));
    writeFileSync(folder.plan, encodePlan(plan));
    const context = await newContext(plan, folder);
    const { driver, header, clock } = context;
    const journal = new JournalWriter(join(folder.journals, 'runner.journal'), header('runner', 'runner'), clock);
    const specs = await layOut(context.product, plan.cluster, folder.nodes);
    const reached = context.access({ bootstrap: Cluster.bootstrapOf(specs), nodes: specs.map(addressOf) });
    const serves = async (spec: NodeAddress) => driver.serves?.(spec, reached);
    const cluster = await Cluster.start(specs, folder.path, () => {}, noAbort, serves);
    const admin = await driver.admin(context.access(cluster));
    const run = new TestRun({ context, cluster, admin }, journal, parent);
    const signal = AbortSignal.timeout(30_000);
    for (const channel of [context.channel, context.probeChannel]) await admin.declare(channel, signal);
    return run;
  }

  get journals(): string[] {
    return journalsOf(this.context.folder);
  }

  /** Drains as a run does; resolves with the verdict over the folder. Nothing is running then. */
  async finish(): Promise<RunRecord> {
    const { context, cluster, workload, admin, access } = this;
    const journal = this.#journal;
    const signal = AbortSignal.timeout(context.plan.limitMs);
    const engine = new FaultEngine([], {
      journal,
      seed: 0,
      find: () => undefined,
      resolve: async () => [],
      progress: () => ({ attempted: 0, acked: 0, messages: 0, elapsedMs: 0, sending: false }),
      observe: () => {},
    });
    const observe = (): void => {};
    await drain({ context, journal, cluster, workload, engine, admin, access, signal, observe, left: observe });
    await this.#end();
    journal.close();
    return judge(context.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    this.#journal.close();
    rmSync(this.#parent, { recursive: true, force: true });
  }

  /** May be called again. */
  async #end(): Promise<void> {
    await this.workload.stop();
    await this.admin[Symbol.asyncDispose]();
    await this.cluster[Symbol.asyncDispose]();
    await killMarked(this.context.folder.path);
  }
}
