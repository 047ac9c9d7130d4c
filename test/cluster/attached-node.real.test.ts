import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AttachedNode } from '../../src/cluster/attached-node.ts';
import { freePorts } from '../../src/cluster/ports.ts';
import { processState } from '../../src/cluster/proc.ts';
import { type OwnedProcess, startProcess } from '../../src/cluster/process.ts';
import { Ledger, readOpenEntries } from '../../src/cluster/undo/ledger.ts';
import { killMarked, undoLocal } from '../../src/cluster/undo/undo.ts';

/** A "broker" that is not ours: a process that accepts connections, started by its own command. */
let folder: string;
let ledger: Ledger;
let port: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-attached-'));
  ledger = new Ledger(join(folder, 'ledger.ndjson'));
  [port = 0] = await freePorts(1);
});
afterEach(async () => {
  await killMarked(folder);
  ledger[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

async function server(): Promise<OwnedProcess> {
  const code = `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`;
  const owned = await startProcess({
    name: 's',
    command: process.execPath,
    args: ['-e', code],
    folder,
    run: folder,
    ipc: false,
  });
  await new Promise<void>((resolve) => owned.onLine(() => resolve()));
  writeFileSync(join(folder, 'pid'), String(owned.pid));
  return owned;
}

function node(start: string): AttachedNode {
  const control = { id: 'k1', address: `127.0.0.1:${port}`, pidFile: join(folder, 'pid'), start };
  return new AttachedNode(control, ledger, () => {});
}

/** Serves the port for 20 s. */
const again = (): string =>
  `${process.execPath} -e "require('net').createServer().listen(${port}, '127.0.0.1'); setTimeout(() => process.exit(), 20000)"`;

const openKinds = (): string[] => readOpenEntries(join(folder, 'ledger.ndjson')).map(({ entry }) => entry.kind);

describe('a broker that is not ours', () => {
  it('is continued by the process that was paused, whatever the pid file says by now', async () => {
    const paused = await server();
    const k1 = node('true');
    await k1.controls.pause?.();
    expect([processState(paused.pid), openKinds()]).toEqual(['T', ['paused', 'runner']]);
    writeFileSync(join(folder, 'pid'), String(process.pid));
    await k1.controls.resume?.();
    expect([processState(paused.pid) !== 'T', openKinds()]).toEqual([true, ['runner']]);
  });

  it('is not started beside itself when it could not be ended', async () => {
    await server();
    rmSync(join(folder, 'pid'));
    const k1 = node(`touch ${join(folder, 'started')}`);
    await expect(k1.controls.kill?.()).rejects.toThrow(/no pid file/);
    expect(openKinds()).toEqual(['runner']);
    expect(await k1.controls.start?.()).toMatchObject({ answered: true, answers: true });
    expect(() => rmSync(join(folder, 'started'))).toThrow(/ENOENT/);
  });

  it('is in the ledger with its start command from before it is ended until it answers again', async () => {
    await server();
    const k1 = node(`MQCHAOS_RUN=${folder} ${again()} >/dev/null 2>&1 &`);
    expect(await k1.controls.kill?.()).toMatchObject({ signal: 'SIGKILL', gone: true });
    expect(openKinds()).toEqual(['ended', 'runner']);
    expect(await k1.controls.start?.()).toMatchObject({ answers: true });
    expect(openKinds()).toEqual(['runner']);
  });

  it('is started again by the ledger although it still answered while it was dying', async () => {
    const dying = await server();
    setTimeout(() => dying.signal('SIGKILL'), 1000);
    const command = `MQCHAOS_RUN=${folder} ${again()} >/dev/null 2>&1 &`;
    const address = `127.0.0.1:${port}`;
    const undone = await undoLocal({ id: 1, entry: { kind: 'ended', node: 'k1', address, command } });
    expect(undone).toEqual({ id: 1, what: `k1 started again, answers at ${address}`, ok: true });
  });

  it('is left alone by the ledger when it was not ended', async () => {
    await server();
    const entry = { kind: 'ended', node: 'k1', address: `127.0.0.1:${port}`, command: 'false' } as const;
    expect(await undoLocal({ id: 1, entry })).toMatchObject({ ok: true, what: expect.stringContaining('already') });
  });
});
