/** `mqchaos broker`: starts, takes orders from another process, and leaves nothing behind however it ends. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { hasProgram } from '../../src/cluster/process.ts';
import { markedProcesses } from '../../src/cluster/undo/undo.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { type StartedTool, Workspace } from '../support/tool.ts';

interface Ready {
  readonly bootstrap: string;
  readonly folder: string;
  readonly nodes: readonly { id: string; role: string; pid: number; address?: string; folder: string }[];
}

interface Started extends Ready {
  readonly tool: StartedTool;
}

const tools: StartedTool[] = [];

/** A test that failed leaves its cluster running: the reaper undoes it. */
afterEach(() => {
  for (const { process } of tools.splice(0)) process.kill('SIGKILL');
});

async function start(workspace: Workspace, ...args: string[]): Promise<Started> {
  const tool = workspace.start(['broker', 'start', '--json', ...args]);
  tools.push(tool);
  const line = await new Promise<string>((resolve, reject) => {
    tool.process.stdout?.once('data', (data) => resolve(String(data)));
    void tool.end.then(({ stderr }) => reject(new Error(stderr)));
  });
  return { ...(JSON.parse(line) as Ready), tool };
}

async function gone(path: string): Promise<boolean> {
  const over = await poll(() => (existsSync(path) || markedProcesses(path).length > 0 ? undefined : true), {
    everyMs: 50,
    boundMs: 15_000,
    signal: noAbort,
  });
  return over === true;
}

async function stop({ tool }: Started, signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
  tool.process.kill(signal);
  return (await tool.end).code;
}

/** Orders to the cluster of this test: others may be running. */
function orders(workspace: Workspace, { folder }: Ready) {
  return (...args: string[]) => workspace.run(['broker', ...args, '--folder', folder]);
}

describe('a cluster on its own', () => {
  it('says how to reach it, takes orders, and ends with Ctrl-C', async () => {
    using workspace = new Workspace();
    const cluster = await start(workspace, '--masters', '2', '--topic', 'orders:4');
    const order = orders(workspace, cluster);
    expect(cluster.nodes.map(({ id, role }) => `${id} ${role}`)).toEqual(['ns name-server', 'b1 master', 'b2 master']);
    expect(cluster.bootstrap).toBe(`${cluster.nodes[1]?.address},${cluster.nodes[2]?.address}`);
    expect(cluster.nodes.every(({ pid, folder }) => pid > 0 && dirname(folder) === join(cluster.folder, 'nodes'))).toBe(
      true,
    );

    const killed = await order('fault', 'kill', 'b1');
    expect([killed.code, killed.stdout]).toEqual([0, '▼ f1 kill b1   (mqchaos broker heal f1)\n']);
    expect((await order('status')).stdout).toMatch(
      /b1 +master +killed .*\n.*b2 +master +ready .*pid \d+\n▼ f1 kill b1/,
    );
    expect(await order('fault', 'pause', 'b1')).toMatchObject({ code: 4, stderr: expect.stringContaining('under f1') });
    expect((await order('heal', 'b1')).stdout).toBe('▲ f1 healed\n');
    expect((await order('heal')).stdout).toBe('no fault is in force\n');
    const timed = await order('fault', 'power-loss', 'b1,b2', 'torn=true', '--for', '200ms', '--json');
    expect(JSON.parse(timed.stdout)).toMatchObject({
      injected: { id: 'f3', do: 'power-loss', targets: ['b1', 'b2'], evidence: [{ target: 'b1' }, { target: 'b2' }] },
      healed: [{ target: 'b1' }, { target: 'b2' }],
    });
    const status = JSON.parse((await order('status', '--json')).stdout);
    expect(status.topics).toMatchObject([
      { topic: 'orders', partitions: [{ end: 0 }, { end: 0 }, { end: 0 }, { end: 0 }] },
    ]);
    expect(status.groups).toEqual([]);
    expect(status.nodes.map(({ state }: { state: string }) => state)).toEqual(['ready', 'ready', 'ready']);
    expect(status.faults).toEqual([]);
    expect(await stop(cluster)).toBe(0);
    expect(await gone(cluster.folder)).toBe(true);
  });

  it('tells what is wrong with an order, and does nothing', async () => {
    using workspace = new Workspace();
    const cluster = await start(workspace);
    const order = orders(workspace, cluster);
    const wrong: [string[], string][] = [
      [['kil', 'b1'], "did you mean 'kill'?"],
      [['kill', 'b2'], "target: no 'b2' here: the nodes are ns, b1"],
      [['kill', 'slave'], 'target: there are no slaves here'],
      [['promote', 'b1'], 'promote needs a set with a slave'],
      [['disk-loss', 'ns'], 'disk-loss is done to brokers, which are b1; ns holds no messages'],
      [['kill', 'p1'], "target: no 'p1' here: the nodes are ns, b1"],
      [['kill', 'leader of 1'], 'name a node instead'],
      [['power-loss', 'b1', 'torn=perhaps'], "torn: expected true or false, got 'perhaps'"],
      [['power-loss', 'b1', 'torn'], 'expected a parameter, name=value'],
      [['restart', 'b1', '--for', '2s'], "restart heals itself, so it takes no 'for'"],
    ];
    for (const [args, text] of wrong) {
      const { code, stderr } = await order('fault', ...args);
      expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
    }
    expect(await order('heal', 'f9')).toMatchObject({ code: 2 });
    expect((await order('status')).stdout).toMatch(/b1 +master +ready/);
    expect(await stop(cluster, 'SIGTERM')).toBe(0);
    const without = await orders(workspace, cluster)('status');
    expect(without).toMatchObject({ code: 4, stderr: expect.stringContaining('no cluster is running in') });
  });

  it('refuses to guess which of several clusters is meant, and says which one it acts on', async () => {
    using workspace = new Workspace();
    const clusters = [await start(workspace), await start(workspace)] as const;
    const unsure = await workspace.run(['broker', 'fault', 'kill', 'b1']);
    expect([unsure.code, unsure.stdout]).toEqual([2, '']);
    for (const { folder } of clusters) expect(unsure.stderr).toContain(folder);
    expect(unsure.stderr).toContain('--folder');
    const sure = await orders(workspace, clusters[1])('fault', 'kill', 'b1');
    expect(sure).toMatchObject({ code: 0, stderr: `cluster ${clusters[1].folder}\n` });
    expect((await orders(workspace, clusters[0])('status')).stdout).toMatch(/b1 +master +ready/);
    for (const cluster of clusters) expect(await stop(cluster)).toBe(0);
  });

  it('goes on when whoever gave an order is gone before the answer is whole', async () => {
    using workspace = new Workspace();
    const cluster = await start(workspace);
    for (let times = 0; times < 20; times++) {
      const socket = connect(join(cluster.folder, 'control.sock'));
      socket.pause(); // what is not read when it ends resets the connection
      socket.write('{"order":"status"}\n');
      await once(socket, 'connect');
      await setTimeout(20 * Math.random());
      socket.destroy();
    }
    expect((await orders(workspace, cluster)('status')).code).toBe(0);
    expect(await stop(cluster)).toBe(0);
  });

  it('prints nothing that acts on a terminal, whoever listens at the socket', async () => {
    using workspace = new Workspace();
    const status = { bootstrap: '\u001b[31mred', folder: '/tmp', nodes: [], faults: [] };
    const server = createServer((socket) => {
      socket.end(`${JSON.stringify(status)}\n${JSON.stringify({ end: true })}\n`);
    }).listen(join(workspace.folder, 'control.sock'));
    const { code, stdout } = await workspace.run(['broker', 'status', '--folder', '.']);
    server.close();
    expect([code, stdout]).toEqual([0, 'bootstrap  \uFFFD[31mred\nfolder     /tmp\n']);
  });

  it('keeps a given folder and comes back with its data and its ports', async () => {
    using workspace = new Workspace();
    const first = await start(workspace, '--folder', 'data', '--topic', 'orders:1');
    const second = await workspace.run(['broker', 'start', '--folder', 'data']);
    expect(second).toMatchObject({ code: 4, stderr: expect.stringContaining('a cluster is running in') });
    const kcat = await hasProgram('kcat', '-V');
    if (kcat) {
      const args = ['-b', first.bootstrap, '-t', 'orders', '-P'];
      expect(spawnSync('kcat', args, { input: 'one\ntwo\n', timeout: 20_000 }).status).toBe(0);
    }
    expect(await stop(first)).toBe(0);
    expect(readdirSync(join(workspace.folder, 'data')).sort()).toEqual(['cluster.json', 'journal', 'nodes']);
    const other = await workspace.run(['broker', 'start', '--folder', 'data', '--masters', '2']);
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('--masters 1 --slaves 0') });

    const again = await start(workspace, '--folder', 'data');
    expect(again.bootstrap).toBe(first.bootstrap);
    if (kcat) {
      const { stdout } = spawnSync('kcat', ['-b', again.bootstrap, '-t', 'orders', '-C', '-e', '-q'], {
        encoding: 'utf8',
        timeout: 20_000,
      });
      expect(stdout).toBe('one\ntwo\n');
    }
    expect(await stop(again)).toBe(0);
  });

  it('after kill -9, with a broker stopped, leaves no process and no temporary folder', async () => {
    using workspace = new Workspace();
    const cluster = await start(workspace);
    expect((await orders(workspace, cluster)('fault', 'pause', 'b1')).code).toBe(0);
    expect(await stop(cluster, 'SIGKILL')).toBe(null);
    expect(await gone(cluster.folder)).toBe(true);
  });

  it('after kill -9 a given folder can be used again', async () => {
    using workspace = new Workspace();
    const cluster = await start(workspace, '--folder', 'data');
    await stop(cluster, 'SIGKILL');
    await poll(() => (markedProcesses(cluster.folder).length === 0 ? true : undefined), {
      everyMs: 50,
      boundMs: 15_000,
      signal: noAbort,
    });
    expect(markedProcesses(cluster.folder)).toEqual([]);
    const again = await start(workspace, '--folder', 'data');
    expect(again.bootstrap).toBe(cluster.bootstrap);
    expect(await stop(again)).toBe(0);
  });

  it('says what is wrong with its settings, by option', async () => {
    using workspace = new Workspace();
    const args = ['--masters', '99', '--flush', 'synk', '--flush-interval', '3'];
    const values = await workspace.run(['broker', 'start', ...args]);
    expect([values.code, values.stderr.split('\n')]).toEqual([
      2,
      expect.arrayContaining([
        '✗ --masters: expected a whole number from 1 to 16, got 99',
        "--flush: expected 'async' | 'sync', got 'synk'; did you mean 'sync'?",
      ]),
    ]);
    const together = await workspace.run(['broker', 'start', '--failover', 'in-sync', '--slaves', '1']);
    expect(together).toMatchObject({ code: 2, stderr: expect.stringContaining("--failover: 'in-sync' needs") });
    expect(await workspace.run(['broker', 'start', '--port', '80000'])).toMatchObject({ code: 2 });
    expect(readdirSync(workspace.folder)).toEqual([]);
  });
});
