/** What the soaks share: the tool as a bounded process, and results that a later call goes on from. */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const tool = resolve(import.meta.dirname, '../../bin/mqchaos.js');

/**
 * Runs the tool and, when it is not done within the bound, ends it: it cleans up after SIGTERM, and its reaper after
 * SIGKILL.
 */
export function execute(args, cwd, boundMs) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [tool, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const ends = [
      setTimeout(() => child.kill('SIGTERM'), boundMs),
      setTimeout(() => child.kill('SIGKILL'), boundMs + 30_000),
    ];
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.once('close', (code, signal) => {
      for (const end of ends) clearTimeout(end);
      done({ code: code ?? signal, stdout, stderr });
    });
  });
}

/** One JSON object a line. A last line that is cut off does not count: that run is run again. */
export class Results {
  #file;

  constructor(folder) {
    this.#file = join(folder, 'results.ndjson');
  }

  read() {
    if (!existsSync(this.#file)) return [];
    return readFileSync(this.#file, 'utf8')
      .split('\n')
      .flatMap((line) => parse(line) ?? []);
  }

  add(result) {
    appendFileSync(this.#file, `${JSON.stringify(result)}\n`);
  }
}

export function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
