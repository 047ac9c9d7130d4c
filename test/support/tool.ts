/** Runs the tool as a user would: the built command, in a folder of its own, as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFolder } from '../../src/cluster/program.ts';

export interface ToolResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedTool {
  readonly process: ChildProcess;
  readonly end: Promise<ToolResult>;
  /** Resolves when stderr has this text; rejects when the tool ended without it. */
  said(text: string): Promise<void>;
}

export class Workspace implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'mqchaos-test-'));

  start(args: readonly string[], env: Record<string, string> = {}): StartedTool {
    const child = spawn(process.execPath, [join(packageFolder, 'bin', 'mqchaos.js'), ...args], {
      cwd: this.folder,
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    const watchers = new Set<() => void>();
    child.stdout.on('data', (data) => {
      stdout += String(data);
    });
    child.stderr.on('data', (data) => {
      stderr += String(data);
      for (const watch of watchers) watch();
    });
    const end = new Promise<ToolResult>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    const said = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!stderr.includes(text)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        void end.then(() => reject(new Error(`the tool ended without saying "${text}":\n${stderr}`)));
      });
    return { process: child, end, said };
  }

  run(args: readonly string[], env?: Record<string, string>): Promise<ToolResult> {
    return this.start(args, env).end;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }); // a shell may still write
  }
}
