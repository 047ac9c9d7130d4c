import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAttached } from '../../src/cluster/attached.ts';
import type { Node } from '../../src/cluster/controls.ts';
import { freePorts } from '../../src/cluster/ports.ts';
import { Ledger, readOpenEntries } from '../../src/cluster/undo/ledger.ts';
import { undoLocal } from '../../src/cluster/undo/undo.ts';
import type { NodeControl } from '../../src/products/cluster.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { controlsOf } from '../support/control-ways.ts';
import { type Docker, missingDocker, startDocker } from '../support/docker.ts';
import { Workspace } from '../support/tool.ts';

const missing = await missingDocker();

describe.skipIf(missing !== undefined)(`brokers in containers${missing === undefined ? '' : `: ${missing}`}`, () => {
  let engine: Docker;
  let folder: string;
  let ledger: Ledger;
  let port: number;
  const before = { ...process.env };
  beforeAll(async () => {
    engine = await startDocker();
    Object.assign(process.env, engine.environment);
    await engine.docker('network', 'create', '--subnet', '10.213.7.0/24', 'fixed');
  });
  afterAll(async () => {
    for (const key of Object.keys(engine.environment)) {
      if (before[key] === undefined) delete process.env[key];
      else process.env[key] = before[key];
    }
    await engine[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mqchaos-containers-'));
    ledger = new Ledger(join(folder, 'ledger.ndjson'));
    [port = 0] = await freePorts(1);
  });
  afterEach(async () => {
    ledger[Symbol.dispose]();
    rmSync(folder, { recursive: true });
    const all = await engine.docker('ps', '--all', '--quiet');
    if (all !== '') await engine.docker('rm', '--force', '--volumes', ...all.split('\n'));
  });

  const published = () => ['--network', 'mqchaos-test', '--publish', `127.0.0.1:${port}:6379`];
  const openKinds = () => readOpenEntries(join(folder, 'ledger.ndjson')).map(({ entry }) => entry.kind);
  const undo = async () => {
    const [entry] = readOpenEntries(join(folder, 'ledger.ndjson'));
    return entry === undefined ? undefined : undoLocal(entry);
  };
  const stateOf = (name: string, format = '{{.State.Status}} {{.State.ExitCode}}') =>
    engine.docker('inspect', '--format', format, name);
  const open = (control: Partial<NodeControl>): Promise<Node> =>
    openAttached(
      { id: 'b1', address: `localhost:${port}`, ...control },
      { ledger, observe: () => {}, role: 'master', run: folder, place: 'cluster.control[0]' },
    );

  describe('what is done to one', () => {
    it('is proven by its state, and in the ledger from before it until it is undone', {
      timeout: 120_000,
    }, async () => {
      await engine.redis('one', [...published(), '--restart', 'always'], ['--appendonly', 'yes']);
      const { controls } = await open({ docker: 'one' });
      expect(Object.keys(controls).sort()).toEqual(controlsOf({ docker: 'one' }));

      expect(await controls.kill?.()).toMatchObject({ container: 'one', status: 'exited', exitCode: 137 });
      expect([await stateOf('one'), openKinds()]).toEqual(['exited 137', ['container', 'runner']]);
      const killed = await stateOf('one', '{{.State.StartedAt}}');
      const started = await controls.start?.();
      expect(started).toMatchObject({ status: 'running', answers: true });
      expect([started?.startedAt === killed, openKinds()]).toEqual([false, ['runner']]);

      expect(await controls.pause?.()).toMatchObject({ status: 'paused' });
      expect([await stateOf('one'), openKinds()]).toEqual(['paused 0', ['container', 'runner']]);
      expect(await controls.resume?.()).toMatchObject({ status: 'running' });
      expect([await stateOf('one'), openKinds()]).toEqual(['running 0', ['runner']]);

      expect(await controls.stop?.()).toMatchObject({ status: 'exited', exitCode: 0 });
      expect(await controls.start?.()).toMatchObject({ status: 'running' });

      await controls.pause?.();
      expect(await controls.kill?.()).toMatchObject({ exitCode: 137 });
      expect(await controls.start?.()).toMatchObject({ status: 'running' });
      expect(openKinds()).toEqual(['runner']);
    });

    it('takes it from all networks, and puts it back with its addresses, names and ports', async () => {
      await engine.redis('two', [...published(), '--network-alias', 'queue']);
      await engine.docker('network', 'connect', '--ip', '10.213.7.9', '--alias', 'log', 'fixed', 'two');
      const networks = async () => JSON.parse(await stateOf('two', '{{json .NetworkSettings.Networks}}'));
      const ports = () => stateOf('two', '{{json .NetworkSettings.Ports}}');
      const [namesBefore, portsBefore] = [await networks(), await ports()];
      const { controls } = await open({ docker: 'two' });

      expect(await controls.disconnect?.()).toMatchObject({
        disconnected: [
          { network: 'fixed', address: '10.213.7.9' },
          { network: 'mqchaos-test', address: expect.any(String) },
        ],
      });
      expect([await networks(), await ports(), openKinds()]).toEqual([{}, '{}', ['container', 'runner']]);
      expect(await stateOf('two')).toBe('running 0');

      expect(await controls.connect?.()).toMatchObject({ connected: ['fixed', 'mqchaos-test'], answers: true });
      const after = await networks();
      expect(after.fixed.IPAddress).toBe('10.213.7.9');
      for (const name of ['fixed', 'mqchaos-test']) {
        expect([...after[name].Aliases].sort()).toEqual([...namesBefore[name].Aliases].sort());
      }
      expect([await ports(), openKinds()]).toEqual([portsBefore, ['runner']]);
    });

    it('is refused where it could not be undone, or would be blamed on another', async () => {
      await engine.redis('passing', ['--rm', ...published()]);
      expect(await open({ docker: 'passing' })).toMatchObject({
        unable: { kill: expect.stringContaining('--rm'), stop: expect.stringContaining('--rm') },
      });
      await engine.redis('hosted', ['--network', 'host'], ['--port', String(port + 1)]);
      const hosted = await open({ docker: 'hosted' });
      expect([hosted.unable?.disconnect, hosted.controls.disconnect]).toEqual([
        'cannot be done: hosted has no network of its own (network mode host)',
        undefined,
      ]);
      await engine.redis('drifting', ['--network', 'mqchaos-test', '--publish', '127.0.0.1::6379']);
      const [, chosen] = (await engine.docker('port', 'drifting', '6379')).split(':');
      const drifting = await open({ docker: 'drifting', address: `localhost:${chosen}` });
      expect(drifting.unable?.kill).toContain(`drifting has ${chosen} by chance`);
      await engine.redis('unreached', ['--network', 'mqchaos-test']);
      await expect(open({ docker: 'unreached' })).rejects.toThrow(
        /unreached publishes no port, not \d+ of its address/,
      );
      await engine.docker('pause', 'unreached');
      await expect(open({ docker: 'unreached' })).rejects.toMatchObject({ hint: 'docker unpause unreached' });
      await expect(open({ docker: 'passing', address: `localhost:${port + 1}` })).rejects.toMatchObject({
        ...{ code: 'wrong-container', exitCode: 4 },
        message: expect.stringMatching(/^cluster\.control\[0\]\.docker: passing publishes \d+, not \d+ of its address/),
      });
    });

    it('a stop that its engine had to force is none, and is undone also while it is under way', async () => {
      const deaf = ['sh', '-c', 'trap "" TERM; redis-server --protected-mode no & while :; do sleep 60; done'];
      const options = ['--name', 'deaf', '--stop-timeout', '4', ...published()];
      await engine.docker('run', '--detach', ...options, 'redis:7', ...deaf);
      const { controls } = await open({ docker: 'deaf' });
      await expect(controls.stop?.()).rejects.toThrow(/deaf did not end on SIGTERM within 4 s, and was killed/);
      expect(await controls.start?.()).toMatchObject({ status: 'running' });
      const stopping = controls.stop?.().catch(String);
      await poll(() => openKinds()[0] === 'container' || undefined, { everyMs: 20, boundMs: 20_000, signal: noAbort });
      expect(await undo()).toMatchObject({ ok: true, what: 'b1: the container deaf started again' });
      expect([await stateOf('deaf'), await stopping]).toEqual(['running 0', expect.stringContaining('Error')]);
    });
  });

  describe('the one of a compose service', () => {
    const labels = (service: string, project: string, more: Record<string, string> = {}) =>
      Object.entries({
        'com.docker.compose.service': service,
        'com.docker.compose.project': project,
        'com.docker.compose.oneoff': 'False',
        'com.docker.compose.project.working_dir': folder,
        ...more,
      }).flatMap(([key, value]) => ['--label', `${key}=${value}`]);

    it('is found by what compose writes on it, and is told apart', async () => {
      const files = 'com.docker.compose.project.config_files';
      await engine.redis('a-queue-1', [...published(), ...labels('queue', 'a', { [files]: 'compose.yaml' })]);
      const [other = 0] = await freePorts(1);
      await engine.redis('b-queue-1', [
        '--publish',
        `127.0.0.1:${other}:6379`,
        '--network',
        'mqchaos-test',
        ...labels('queue', 'b', { [files]: join(folder, 'other.yaml') }),
      ]);
      await engine.redis('a-run-1', labels('queue', 'a', { 'com.docker.compose.oneoff': 'True' }));
      expect(await (await open({ compose: 'queue', project: 'a' })).controls.pause?.()).toMatchObject({
        container: 'a-queue-1',
      });
      const byFile = await open({
        ...{ compose: 'queue', file: join(folder, 'other.yaml') },
        address: `localhost:${other}`,
      });
      expect(await byFile.controls.pause?.()).toMatchObject({ container: 'b-queue-1' });
      await expect(open({ compose: 'queue' })).rejects.toMatchObject({
        message: 'cluster.control[0].compose: the service queue is in the projects a and b',
        hint: 'say which: project: NAME',
      });
      await engine.redis('a-queue-2', labels('queue', 'a'));
      await expect(open({ compose: 'queue', project: 'a' })).rejects.toThrow(/2 containers: a-queue-2, a-queue-1/);
      await expect(open({ compose: 'log' })).rejects.toThrow(/no container of the service log/);
    });
  });

  describe('what a tool that died has left', () => {
    it('is brought back, whatever of it is amiss', { timeout: 120_000 }, async () => {
      await engine.redis('left', published());
      const { controls } = await open({ docker: 'left' });
      expect(await controls.connect?.()).toMatchObject({ connected: [], answers: true });
      await controls.kill?.();
      expect(await undo()).toMatchObject({ ok: true, what: 'b1: the container left started again' });
      await controls.disconnect?.();
      await controls.pause?.();
      expect(await undo()).toMatchObject({ ok: true, what: 'b1: the container left unpaused, connected again' });
      expect(await undo()).toMatchObject({ ok: true, what: 'b1: the container left is as it was' });
      await engine.docker('rm', '--force', 'left');
      expect(await undo()).toMatchObject({ ok: true, what: 'b1: the container left is gone' });
    });
  });

  describe('a run', () => {
    const quick = [
      '--set',
      'producers.messages=3000',
      '--set',
      'producers.rate=1500/s',
      '--set',
      'producers.retries=300',
    ];

    /** By the profile that `init` makes of the compose file from which the broker is said to come. */
    async function running(workspace: Workspace, redis: readonly string[]): Promise<void> {
      const compose = join(workspace.folder, 'docker-compose.yml');
      writeFileSync(compose, `services: { queue: { image: "redis:7", ports: ["127.0.0.1:${port}:6379"] } }`);
      const own = { service: 'queue', project: 'shop', 'project.config_files': compose };
      const labels = Object.entries(own).flatMap(([key, value]) => ['--label', `com.docker.compose.${key}=${value}`]);
      await engine.redis('broker', [...published(), ...labels], ['--save', '', ...redis]);
      const init = await workspace.run(['init', '--from', 'docker-compose.yml']);
      expect(init.code, init.stderr).toBe(0);
      expect(init.stdout).toContain(`node  b1: service queue, at localhost:${port}`);
    }

    async function judged(redis: readonly string[], faults: string) {
      using workspace = new Workspace();
      await running(workspace, redis);
      const args = [
        'run',
        'mqchaos.yaml',
        '--seed',
        '3',
        '--out',
        'run',
        '--json',
        ...quick,
        '--set',
        `faults=${faults}`,
      ];
      const { code, stderr, stdout } = await workspace.run(args);
      expect(stdout, stderr).not.toBe('');
      const left = readOpenEntries(join(workspace.folder, 'run', 'ledger.ndjson')).map(({ entry }) => entry.kind);
      expect([await stateOf('broker'), left]).toEqual(['running 0', ['runner']]);
      return { code, record: JSON.parse(stdout) as RunRecord };
    }

    it('of a Redis without a file loses what it had acknowledged when it is killed', { timeout: 120_000 }, async () => {
      const { code, record } = await judged([], '[{ at: 50%, do: kill, target: one, for: 300ms }]');
      expect([code, record.verdict.value]).toEqual([1, 'fail']);
      expect(record.counts.lost + record.counts.rolledBack).toBeGreaterThan(500);
    });

    it('of one that syncs first loses nothing, killed, paused and cut off', { timeout: 120_000 }, async () => {
      const faults = ['25%, do: kill', '50%, do: pause', '75%, do: network-disconnect'];
      const entries = faults.map((fault) => `{ at: ${fault}, target: b1, for: 300ms }`).join(', ');
      const { code, record } = await judged(['--appendonly', 'yes', '--appendfsync', 'always'], `[${entries}]`);
      expect([code, record.verdict.value]).toEqual([0, 'pass']);
      expect([record.counts.lost, record.counts.acked]).toEqual([0, 3000]);
      const happened = record.faults.map(({ injected, healed }) => [typeof injected, typeof healed]);
      expect(happened).toEqual(faults.map(() => ['number', 'number']));
    });

    it.each(['kill', 'network-disconnect'])(
      'whose tool is killed in the middle of a %s leaves the container as it was',
      { timeout: 120_000 },
      async (fault) => {
        using workspace = new Workspace();
        await running(workspace, []);
        const long = ['--set', 'producers.messages=100000', '--set', 'faults.0.at=1s', '--set', 'faults.0.for=60s'];
        const tool = workspace.start(['run', 'mqchaos.yaml', '--out', 'run', ...long, '--set', `faults.0.do=${fault}`]);
        await tool.said(`▼ f1 ${fault} b1 injected`);
        tool.process.kill('SIGKILL');
        await tool.end;
        const format = '{{.State.Status}} {{len .NetworkSettings.Networks}} {{len .NetworkSettings.Ports}}';
        const isBack = async () => ((await stateOf('broker', format)) === 'running 1 1' ? true : undefined);
        expect(await poll(isBack, { everyMs: 100, boundMs: 60_000, signal: noAbort })).toBe(true);
        const clean = await workspace.run(['doctor', 'clean', 'run']);
        expect(clean.code, clean.stdout + clean.stderr).toBe(0);
      },
    );
  });
});
