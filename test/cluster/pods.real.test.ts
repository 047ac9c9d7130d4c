/** Against a stand-in for kubectl (support/kubectl.mjs), which answers as it does: there is no cluster here. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAttached } from '../../src/cluster/attached.ts';
import type { Node } from '../../src/cluster/controls.ts';
import { kubectlHere } from '../../src/cluster/pods/kubectl.ts';
import { processState } from '../../src/cluster/proc.ts';
import { packageFolder } from '../../src/cluster/program.ts';
import { Ledger, readOpenEntries } from '../../src/cluster/undo/ledger.ts';
import { undoLocal } from '../../src/cluster/undo/undo.ts';
import type { NodeControl } from '../../src/products/cluster.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { controlsOf } from '../support/control-ways.ts';

let folder: string;
let ledger: Ledger;
let server: Server;
let address: string;
const { PATH, STAND_IN } = process.env;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-pods-'));
  ledger = new Ledger(join(folder, 'ledger.ndjson'));
  symlinkSync(join(packageFolder, 'test/cluster/support/kubectl.mjs'), join(folder, 'kubectl'));
  Object.assign(process.env, { PATH: `${folder}:${PATH}`, STAND_IN: join(folder, 'state') });
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterEach(() => {
  process.env.PATH = PATH;
  if (STAND_IN === undefined) delete process.env.STAND_IN;
  else process.env.STAND_IN = STAND_IN;
  ledger[Symbol.dispose]();
  server.close();
  rmSync(folder, { recursive: true });
});

function cluster(state: Readonly<Record<string, unknown>>): void {
  const usual = { context: 'test', namespace: 'default', selector: 'app=kafka', next: 2 };
  writeFileSync(join(folder, 'state'), JSON.stringify({ ...usual, ...state }));
}

function open(control: Partial<NodeControl>): Promise<Node> {
  const parts = { ledger, observe: () => {}, role: 'master', run: folder, place: 'cluster.control[0]' } as const;
  return openAttached({ id: 'b1', address, ...control }, parts);
}

const asked = () => readFileSync(join(folder, 'state.log'), 'utf8').trimEnd().split('\n');
const openKinds = () => readOpenEntries(join(folder, 'ledger.ndjson')).map(({ entry }) => entry.kind);
const pod = (name: string, uid = 'uid-1', more = {}) => ({ name, uid, ...more });

describe('a broker in a pod', () => {
  it('is ended by the deletion of its pod, and back when its successor is ready', async () => {
    cluster({ owner: 'StatefulSet', pods: [pod('kafka-0')] });
    const { controls } = await open({ kubectl: 'kafka-0', namespace: 'default', context: 'test' });
    expect(await controls.kill?.()).toEqual({ pod: 'kafka-0', uid: 'uid-1', graceSeconds: 1, gone: true });
    expect(await controls.start?.()).toMatchObject({ pod: 'kafka-0', uid: 'uid-2', ready: true, answers: true });
    expect(await controls.stop?.()).toMatchObject({ uid: 'uid-2', graceSeconds: 30, gone: true });
    expect(await controls.start?.()).toMatchObject({ uid: 'uid-3' });
    const deletions = asked().filter((line) => line.includes(' delete '));
    expect(deletions).toEqual([
      '--context=test --namespace=default delete pod kafka-0 --wait=false --grace-period=1',
      '--context=test --namespace=default delete pod kafka-0 --wait=false',
    ]);
  });

  it('whose successor has another name is picked by its labels', async () => {
    cluster({ owner: 'ReplicaSet', pods: [pod('kafka-1')] });
    const named = await open({ kubectl: 'kafka-1' });
    expect(named.unable?.kill).toBe(
      'needs a label selector in place of kafka-1: the pod that the ReplicaSet makes in its place has another name',
    );
    expect(Object.keys(named.controls)).toEqual([]);
    const { controls } = await open({ kubectl: 'app=kafka' });
    expect(await controls.kill?.()).toMatchObject({ pod: 'kafka-1' });
    expect(await controls.start?.()).toMatchObject({ pod: 'kafka-2', ready: true });
  });

  it('of which nobody would make another is not ended', async () => {
    cluster({ pods: [pod('kafka-0')] });
    expect((await open({ kubectl: 'kafka-0' })).unable?.kill).toContain('nobody would make another pod');
  });

  it.each([
    [{ pods: [] }, /^cluster\.control\[0\]\.kubectl: no pod kafka-0$/],
    [{ pods: [pod('kafka-0', 'u', { readyAt: 1e15 })] }, /the pod kafka-0 is not ready: Pending/],
    [
      { pods: [], fails: 'error: You must be logged in to the server (Unauthorized)' },
      /Kubernetes refuses: .*Unauthorized/,
    ],
    [
      {
        pods: [],
        fails:
          'E1129 11:00:00.0 1 memcache.go:265] "Unhandled Error"\nThe connection to the server localhost:8080 was refused - did you specify the right host or port?',
      },
      /the Kubernetes cluster does not answer: The connection to the server localhost:8080 was refused/,
    ],
    [
      { pods: [], fails: 'Error from server (Forbidden): pods is forbidden: User "u" cannot list resource "pods"' },
      /Kubernetes refuses: .*Forbidden/,
    ],
  ])('that cannot be reached is told before anything starts: %#', async (state, message) => {
    cluster({ owner: 'StatefulSet', ...state });
    await expect(open({ kubectl: 'kafka-0' })).rejects.toMatchObject({
      message: expect.stringMatching(message),
      exitCode: 4,
    });
  });

  it('that is one of several, or of another context', async () => {
    cluster({ owner: 'StatefulSet', pods: [pod('kafka-0'), pod('kafka-1')] });
    await expect(open({ kubectl: 'app=kafka' })).rejects.toThrow(/app=kafka picks 2 pods: kafka-0, kafka-1/);
    await expect(open({ kubectl: 'kafka-0', context: 'prod' })).rejects.toThrow(/context "prod" does not exist/);
  });

  it('doctor says what answers', async () => {
    cluster({ pods: [] });
    expect(await kubectlHere().version()).toBe('client v1.32.4, cluster v1.31.1');
  });
});

/** A container: process 1 of a pid namespace of its own, and what that has started. */
async function container(first: string): Promise<{ readonly process: ChildProcess; readonly pid: number }> {
  const process = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', first], {
    stdio: 'ignore',
  });
  const children = `/proc/${process.pid}/task/${process.pid}/children`;
  const pid = await poll(
    () => {
      try {
        return Number(readFileSync(children, 'utf8').trim()) || undefined;
      } catch {
        return undefined;
      }
    },
    { everyMs: 20, boundMs: 10_000, signal: noAbort },
  );
  if (pid === undefined) throw new Error('no process 1');
  return { process, pid };
}

describe.skipIf(process.getuid?.() !== 0)('a standstill in a pod (by root, who may make a pid namespace)', () => {
  const childOf = (pid: number) =>
    Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);

  it('stops all but process 1, is in the ledger, and is undone by the tool or by whoever cleans up', async () => {
    const { process: own, pid } = await container('sleep 1000; true');
    try {
      await poll(() => childOf(pid) || undefined, { everyMs: 20, boundMs: 10_000, signal: noAbort });
      const broker = childOf(pid);
      cluster({ owner: 'StatefulSet', pods: [pod('kafka-0', 'uid-1', { pid })] });
      const { controls } = await open({ kubectl: 'kafka-0', container: 'broker' });
      expect(Object.keys(controls).sort()).toEqual(controlsOf({ kubectl: 'kafka-0' }));
      expect(await controls.pause?.()).toMatchObject({ pod: 'kafka-0', stopped: [2] });
      expect([processState(broker), openKinds()]).toEqual(['T', ['pod', 'runner']]);
      expect(await controls.resume?.()).toMatchObject({ running: [2] });
      expect([processState(broker), openKinds()]).toEqual(['S', ['runner']]);
      await controls.pause?.();
      const [entry] = readOpenEntries(join(folder, 'ledger.ndjson'));
      expect(entry && (await undoLocal(entry))).toMatchObject({ ok: true, what: 'b1: the pod kafka-0 continued' });
      expect(processState(broker)).toBe('S');
    } finally {
      own.kill('SIGKILL');
    }
  });

  it('is refused where the broker is process 1, or there is no shell', async () => {
    const { process: own, pid } = await container('exec sleep 1000');
    try {
      cluster({ owner: 'StatefulSet', pods: [pod('kafka-0', 'uid-1', { pid })] });
      const alone = await open({ kubectl: 'kafka-0' });
      expect([alone.unable?.pause, alone.controls.pause]).toEqual([
        expect.stringContaining('only process 1, which no signal from within stops'),
        undefined,
      ]);
      cluster({ owner: 'StatefulSet', pods: [pod('kafka-0')] });
      expect((await open({ kubectl: 'kafka-0' })).unable?.pause).toContain('executable file not found');
    } finally {
      own.kill('SIGKILL');
    }
  });
});
