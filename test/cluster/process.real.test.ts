import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, processState } from '../../src/cluster/proc.ts';
import { runCommand, runProgram, startProcess } from '../../src/cluster/process.ts';
import { findPrograms } from '../../src/cluster/programs.ts';
import { pauseProcess, resumeProcess } from '../../src/cluster/signals.ts';
import { killMarked, markedProcesses } from '../../src/cluster/undo/undo.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqchaos-process-'));
});
afterEach(async () => {
  await killMarked(folder);
  rmSync(folder, { recursive: true });
});

const sleeper = { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], ipc: false };

describe('processes of ours', () => {
  it('pause and resume have the kernel as their witness', async () => {
    const owned = await startProcess({ ...sleeper, name: 's', folder, run: folder });
    expect(await pauseProcess(owned.pid)).toEqual({ pid: owned.pid, state: 'T' });
    expect(processState(owned.pid)).toBe('T');
    await resumeProcess(owned.pid);
    expect(processState(owned.pid)).not.toBe('T');
  });

  it('are found by their mark and killed, stopped ones too', async () => {
    const one = await startProcess({ ...sleeper, name: 'one', folder, run: folder });
    const two = await startProcess({ ...sleeper, name: 'two', folder, run: folder });
    await pauseProcess(two.pid);
    expect(markedProcesses(folder).sort()).toEqual([one.pid, two.pid].sort());
    expect(await killMarked(folder)).toBe(2);
    expect([one, two].map(({ pid }) => isAlive(pid))).toEqual([false, false]);
  });

  it('a mark is a whole folder name, not a prefix', async () => {
    const owned = await startProcess({ ...sleeper, name: 's', folder, run: `${folder}-other` });
    expect(markedProcesses(folder)).toEqual([]);
    await killMarked(`${folder}-other`);
    expect(await owned.exit).toEqual({ exitCode: null, signal: 'SIGKILL' });
  });

  it('are gone only once their last message is there', async () => {
    const code = "process.send({ last: 'words' }, () => process.exit())";
    const talker = { command: process.execPath, args: ['-e', code], ipc: true };
    const owned = await startProcess({ ...talker, name: 't', folder, run: folder });
    const heard: unknown[] = [];
    owned.onMessage((message) => heard.push(message));
    // a runner that had no time: the end and the message wait for it together
    const end = performance.now() + 5000;
    while (isAlive(owned.pid) && performance.now() < end);
    await owned.exit;
    expect(heard).toEqual([{ last: 'words' }]);
  });

  it('say so when there is no such program', async () => {
    const missing = startProcess({ ...sleeper, command: '/nonexistent/broker', name: 'b1', folder, run: folder });
    await expect(missing).rejects.toThrow(/b1 did not start/);
  });
});

describe('a program that takes too long', () => {
  it('is killed with all that it has started', async () => {
    const program = { command: 'sh', args: ['-c', 'sleep 60 & sleep 60'], boundMs: 300 };
    await expect(runProgram(program, folder)).rejects.toThrow('killed, not done after 300 ms');
    expect(markedProcesses(folder)).toEqual([]);
  });

  it('is told of by what it is, when it is a command of the user', async () => {
    await expect(runCommand('sleep 60 & sleep 60', 300)).rejects.toThrow(
      'command failed: killed, not done after 300 ms',
    );
  });
});

it('a folder with the name of a program is none', async () => {
  const [first, second] = ['first', 'second'].map((name) => join(folder, name));
  mkdirSync(join(first as string, 'some-server'), { recursive: true });
  mkdirSync(second as string);
  const program = join(second as string, 'some-server');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${first}:${second}`;
  try {
    const need = { name: 'server', candidates: ['some-server'], install: 'install it' };
    expect(await findPrograms([need])).toEqual({ server: program });
  } finally {
    process.env.PATH = before;
  }
});
