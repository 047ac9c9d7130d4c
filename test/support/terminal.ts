/** A real terminal: a pane of tmux, in which the tool runs as a user would run it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageFolder } from '../../src/cluster/program.ts';

/**
 * Why a program cannot be used here; undefined: it can.
 * @throws Error in CI, where everything must be installed.
 */
export function missingProgram(name: string): string | undefined {
  if (spawnSync('sh', ['-c', `command -v ${name}`]).status === 0) return undefined;
  if (process.env.CI === 'true') throw new Error(`${name} is not installed`);
  return `${name} is not installed`;
}

export class Pane implements Disposable {
  readonly #socket = `mqchaos-test-${process.pid}-${Math.random().toString(36).slice(2)}`;

  constructor(columns: number, rows: number, folder: string) {
    const size = ['-x', String(columns), '-y', String(rows)];
    // a shell that says little, in an environment that says nothing of CI or colours
    const shell = 'exec env -u CI -u NO_COLOR -u FORCE_COLOR PS1="ready> " bash --norc --noprofile';
    this.#tmux('-f', '/dev/null', 'new-session', '-d', ...size, '-c', folder, shell);
    this.#tmux('set-option', '-g', 'history-limit', '5000');
  }

  /** Runs the tool with these arguments; `before` stands before the command, for variables. */
  run(args: string, before = ''): void {
    const tool = join(packageFolder, 'bin', 'mqchaos.js');
    this.type(`${before} ${process.execPath} ${tool} ${args}; echo "ended with $?"`);
  }

  /** A line and Enter. */
  type(line: string): void {
    this.write(line);
    this.press('Enter');
  }

  /** What stands at the prompt so far, without Enter. */
  write(text: string): void {
    this.#tmux('send-keys', '-l', text);
  }

  press(key: string): void {
    this.#tmux('send-keys', key);
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** What is visible, without what is empty at the end. */
  lines(): string[] {
    return this.#tmux('capture-pane', '-p').trimEnd().split('\n');
  }

  /** With what has left the screen at its top. */
  history(): string[] {
    return this.#tmux('capture-pane', '-p', '-S', '-').trimEnd().split('\n');
  }

  [Symbol.dispose](): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...args], { encoding: 'utf8' });
  }
}
