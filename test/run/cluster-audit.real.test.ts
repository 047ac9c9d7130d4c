/**
 * An application's own logs beside the cluster that it ran against: a real standing cluster, real faults ordered by another
 * process, a small application that logs. Running or ended, the cluster is the independent reader.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { markedProcesses, temporaryPrefix } from '../../src/cluster/undo/undo.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { type StartedTool, Workspace } from '../support/tool.ts';

const ending: ChildProcess[] = [];
afterEach(() => {
  for (const process of ending.splice(0)) process.kill('SIGKILL'); // what a cluster leaves then, its reaper undoes
});

/** Nothing is synced by itself: what a power cut takes is what was acknowledged since the last sync. */
const forgetful = ['--flush', 'async', '--flush-interval', '1h', '--thorough-flush-interval', '1h'];

class Scene implements Disposable {
  readonly workspace = new Workspace();
  readonly folder = join(this.workspace.folder, 'data');
  readonly log = join(this.workspace.folder, 'app.log');
  bootstrap = '';
  #cluster: StartedTool | undefined;
  #app: ChildProcess | undefined;
  #answers: AsyncIterator<string> | undefined;

  async start(...options: string[]): Promise<void> {
    const args = ['broker', 'start', '--folder', 'data', '--topic', 'orders:2', '--json', ...options];
    this.#cluster = this.workspace.start(args);
    const { process, end } = this.#cluster;
    ending.push(process);
    const line = await new Promise<string>((resolve, reject) => {
      process.stdout?.once('data', (data) => resolve(String(data)));
      void end.then(({ stderr }) => reject(new Error(stderr)));
    });
    this.bootstrap = JSON.parse(line).bootstrap;
  }

  async end(): Promise<void> {
    this.#cluster?.process.kill('SIGINT');
    expect((await this.#cluster?.end)?.code).toBe(0);
  }

  async app(patienceMs = 1000): Promise<void> {
    const program = join(import.meta.dirname, 'support', 'orders-app.mjs');
    this.#app = spawn(process.execPath, [program, this.bootstrap, this.log, String(patienceMs)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    ending.push(this.#app);
    if (this.#app.stdout === null) throw new Error('no stdout');
    this.#answers = createInterface({ input: this.#app.stdout })[Symbol.asyncIterator]();
    expect((await this.#answers.next()).value).toBe('ready');
  }

  /** Resolves when the application has done it. */
  async does(order: string): Promise<void> {
    this.#app?.stdin?.write(`${order}\n`);
    expect(await this.#answers?.next()).toMatchObject({ value: 'done' });
  }

  async endApp(): Promise<void> {
    const app = this.#app;
    if (app === undefined) return;
    const gone = once(app, 'exit');
    app.stdin?.write('end\n');
    expect(await gone).toEqual([0, null]);
  }

  async order(...args: string[]): Promise<void> {
    const { code, stderr } = await this.workspace.run(['broker', ...args, '--folder', 'data']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('cluster ')]);
  }

  async audit(...options: string[]): Promise<RunRecord> {
    const { stdout, stderr, code } = await this.workspace.run([...this.args(...options), '--json']);
    if (stderr !== '')
      throw new Error(`${stderr}\n${(await this.workspace.run(['broker', 'status', '--folder', 'data'])).stdout}`);
    const record = JSON.parse(stdout) as RunRecord;
    expect(code).toBe({ pass: 0, fail: 1, inconclusive: 3 }[record.verdict.value]);
    return record;
  }

  args(...options: string[]): string[] {
    const map = 'id=id,partition=partition,position=offset,time=at(ms),outcome=result(ok:acked,*:unknown)';
    const sides = [
      '--sent',
      'app.log',
      '--sent-where',
      'event=sent',
      '--received',
      'app.log',
      '--received-where',
      'event=got',
    ];
    return ['audit', ...sides, '--map', map, '--cluster', 'data', ...options];
  }

  /** Every file of the cluster, with what it holds, and when it was written. */
  contents(): Map<string, string> {
    const names = readdirSync(this.folder, { recursive: true, encoding: 'utf8' }).sort();
    return new Map(
      names.map((name) => {
        const path = join(this.folder, name);
        const stat = statSync(path);
        const digest = stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
        return [name, `${digest} ${stat.mtimeMs}`];
      }),
    );
  }

  [Symbol.dispose](): void {
    this.workspace[Symbol.dispose]();
  }
}

const of = (record: RunRecord, name: string) => record.findings.find((each) => each.class === name);
const count = (record: RunRecord, name: string): number => of(record, name)?.count ?? 0;

describe('a cluster that an application ran against', () => {
  test('a power cut takes what was not flushed: lost, proved, and because of it; running and ended alike', async () => {
    using scene = new Scene();
    await scene.start(...forgetful);
    await scene.app();
    await scene.does('send 0 20');
    await scene.order('fault', 'power-loss', 'b1', '--for', '100ms');
    await scene.does('send 20 30');
    await scene.does('consume 30');

    const byKey = await scene.audit('--cluster-id', 'key', '--out', 'out');
    expect(byKey.verdict).toEqual({ value: 'fail', reasons: ['20 messages lost, expected at most 0'] });
    expect(byKey.counts).toMatchObject({
      acked: 50,
      lost: 20,
      lostProved: 20,
      rolledBack: 0,
      storedRecords: 30,
      phantom: 0,
    });
    expect(
      byKey.faults.map(({ id, do: deed, injected, healed }) => [id, deed, injected !== null, healed !== null]),
    ).toEqual([['f1', 'power-loss', true, true]]);
    expect(byKey.faults[0]).toMatchObject({ lostMessages: 20, lossWindowMs: expect.any(Number) });
    const examples = of(byKey, 'lost')?.examples ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const lost of examples) expect(lost).toMatchObject({ proved: true, when: 'after', fault: 'f1' });
    expect(byKey.reads).toEqual(
      [0, 1].map((partition) => expect.objectContaining({ partition, from: 0, complete: true })),
    );
    expect(byKey.assumptions?.join('\n')).toContain(
      'the cluster data is what they were sent to: a record there is the message whose id is its key',
    );

    const timeline = JSON.parse(readFileSync(join(scene.workspace.folder, 'out', 'timeline.json'), 'utf8'));
    expect(timeline.nodes.map(({ id }: { id: string }) => id)).toEqual(['ns', 'b1']);
    expect(timeline.nodes[1].states.map(({ state }: { state: string }) => state)).toEqual(
      expect.arrayContaining(['killed', 'starting', 'ready']),
    );

    // positions were given twice: by place the last acknowledgement tells who stands there
    const byPlace = await scene.audit();
    expect(byPlace.counts).toMatchObject({ acked: 50, lost: 20, lostProved: 20, rolledBack: 0, phantom: 0 });
    expect(byPlace.assumptions?.join('\n')).toContain('--cluster-id key proves more');

    await scene.endApp();
    await scene.end();
    const before = scene.contents();
    for (const id of ['json:order.id', 'header:order-id']) {
      const ended = await scene.audit('--cluster-id', id);
      expect(ended.counts).toEqual(byKey.counts);
      expect(ended.faults).toEqual(byKey.faults);
      expect(ended.verdict).toEqual(byKey.verdict);
    }
    expect(scene.contents()).toEqual(before);
  });

  test('where nothing was done and nothing is wrong, it passes; faults that take nothing are named', async () => {
    using scene = new Scene();
    await scene.start('--flush', 'sync');
    await scene.app();
    await scene.does('send 0 25');
    await scene.does('consume 25');
    const quiet = await scene.audit('--cluster-id', 'key');
    expect(quiet.verdict).toEqual({ value: 'pass', reasons: ['25 of 25 messages acked, nothing unexpected found'] });
    await scene.order('fault', 'power-loss', 'b1', 'torn=true', '--for', '100ms');
    await scene.does('send 25 25');
    await scene.does('consume 50');
    const hit = await scene.audit('--cluster-id', 'key');
    expect(hit.verdict).toEqual({
      value: 'pass',
      reasons: ['50 of 50 messages acked, 1 fault ordered, nothing unexpected found'],
    });
    expect(of(hit, 'unavailable')?.undecided).toBe('the records do not say when a send began');
    await scene.endApp();
    await scene.end();
  });

  test('a retry after a lost answer is stored twice, and an unanswered one is there or not', async () => {
    using scene = new Scene();
    await scene.start('--flush', 'sync');
    await scene.app(500);
    await scene.does('send 0 5');
    // a sync that takes longer than the application waits: what it sends is stored, and sent again
    await scene.order('fault', 'disk-slow', 'b1', 'delay=900ms');
    const sending = scene.does('send 5 1');
    await poll(() => (readFileSync(scene.log, 'utf8').includes('"failed"') ? true : undefined), {
      everyMs: 20,
      boundMs: 20_000,
      signal: noAbort,
    });
    await scene.order('heal');
    await sending;
    await scene.does('consume 7');
    const record = await scene.audit('--cluster-id', 'key');
    expect(record.verdict.value).toBe('pass');
    expect(record.counts).toMatchObject({ acked: 6, lost: 0, phantom: 0, duplicateDelivered: 0 });
    expect(count(record, 'duplicate-stored')).toBe(1);
    expect(of(record, 'duplicate-stored')?.examples[0]).toMatchObject({ message: 'o-5', fault: 'f1', when: 'during' });
    // its acknowledgement gone from the log: what is left says that nobody knows, and the cluster does
    const told = readFileSync(scene.log, 'utf8')
      .split('\n')
      .filter((line) => !/"o-5","result":"ok"|"got","id":"o-5"/.test(line));
    writeFileSync(scene.log, told.join('\n'));
    const unanswered = await scene.audit('--cluster-id', 'key');
    expect(unanswered.counts).toMatchObject({ acked: 5, unknown: 1, recovered: 1, undelivered: 0 });
    const blind = await scene.audit();
    expect(blind.counts).toMatchObject({ acked: 5, unknown: 1, recovered: 0, undelivered: 1 });
    await scene.endApp();
    await scene.end();
  });

  test('what cannot be read proves nothing: a broker that is down, ids that are elsewhere, another folder', async () => {
    using scene = new Scene();
    await scene.start('--masters', '2');
    await scene.app();
    await scene.does('send 0 10');
    await scene.does('consume 10');
    const { code, stderr } = await scene.workspace.run(scene.args('--cluster-id', 'value'));
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('the cluster data: its value is in no record an id of the lines'),
    ]);
    expect(stderr).toContain('--cluster-id key');
    appendFileSync(
      scene.log,
      `INFO ${JSON.stringify({ event: 'sent', id: 'lost', result: 'ok', partition: 1, offset: 999, at: Date.now() })}\n`,
    );
    await scene.order('fault', 'kill', 'b2');
    const down = await scene.audit('--cluster-id', 'key');
    expect(down.counts).toMatchObject({ lost: 0, unseen: 1 });
    expect(down.verdict.reasons).toContainEqual(expect.stringContaining('not read to the end: 1 of 2 partitions'));
    await scene.endApp();
    await scene.order('fault', 'kill', 'b1');
    const dead = await scene.workspace.run(scene.args('--cluster-id', 'key'));
    expect([dead.code, dead.stderr]).toEqual([4, expect.stringContaining('the cluster data: no broker answers at')]);
    expect(dead.stderr).toContain('mqchaos broker heal');
    await scene.end();
    // the faults were never healed: a start of the copy is, and the folder stays as the cluster left it
    const before = scene.contents();
    const ended = await scene.audit('--cluster-id', 'key');
    expect(ended.counts).toMatchObject({ lost: 1, lostProved: 1 });
    expect(scene.contents()).toEqual(before);
    const other = await scene.workspace.run(['audit', '--sent', 'app.log', '--received', 'app.log', '--cluster', '.']);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('. is no folder of a cluster')]);
  });

  test('the next start numbers faults on, and those of before the records are none of theirs', async () => {
    using scene = new Scene();
    await scene.start();
    await scene.order('fault', 'restart', 'b1');
    await scene.end();
    await scene.start();
    await scene.app();
    await scene.does('send 0 3');
    await scene.order('fault', 'restart', 'b1');
    await scene.does('consume 3');
    const record = await scene.audit('--cluster-id', 'key');
    expect(record.faults.map(({ id }) => id)).toEqual(['f2']);
    expect(record.verdict.value).toBe('pass');
    await scene.endApp();
    await scene.end();
    // a copy of the folder, from another machine say, tells the same
    cpSync(scene.folder, join(scene.workspace.folder, 'artifact'), { recursive: true });
    const copied = await scene.audit('--cluster', 'artifact', '--cluster-id', 'key');
    expect(copied.counts).toEqual(record.counts);
  });

  test('an audit that is killed while it reads a copy leaves no process and no folder', async () => {
    using scene = new Scene();
    await scene.start();
    await scene.app();
    await scene.does('send 0 3');
    await scene.does('consume 3');
    await scene.endApp();
    await scene.end();
    const before = scene.contents();
    const copies = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith(temporaryPrefix));
    const old = copies();
    const audit = scene.workspace.start(scene.args());
    const copy = await poll(
      () => copies().find((name) => !old.includes(name) && markedProcesses(join(tmpdir(), name)).length > 0),
      {
        everyMs: 5,
        boundMs: 20_000,
        signal: noAbort,
      },
    );
    audit.process.kill('SIGKILL');
    await audit.end;
    const path = join(tmpdir(), copy ?? 'none was made');
    const gone = await poll(() => (existsSync(path) || markedProcesses(path).length > 0 ? undefined : true), {
      everyMs: 50,
      boundMs: 20_000,
      signal: noAbort,
    });
    expect(gone).toBe(true);
    expect(scene.contents()).toEqual(before);
  });
});
