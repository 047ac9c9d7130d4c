/** What the soaks share: the tool as a bounded process, the products that are here, results that a later call goes on from. */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findPrograms } from '../../dist/cluster/programs.js';
import { products, usualCluster } from '../../dist/products/registry.js';

const tool = resolve(import.meta.dirname, '../../bin/mqchaos.js');

/**
 * Runs the tool and, when it is not done within the bound, ends it: it cleans up after SIGTERM, and its reaper after
 * SIGKILL.
 */
export async function execute(args, cwd, boundMs, env = process.env) {
  const { child, end } = start(args, { cwd, env });
  const ends = [
    setTimeout(() => child.kill('SIGTERM'), boundMs),
    setTimeout(() => child.kill('SIGKILL'), boundMs + 30_000),
  ];
  const result = await end;
  for (const each of ends) clearTimeout(each);
  return result;
}

/** Starts the tool. `said` resolves with whether stderr had the text before the tool ended; `end` never rejects. */
export function start(args, { cwd, env }) {
  const child = spawn(process.execPath, [tool, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const heard = new Set();
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
    for (const listen of heard) listen();
  });
  const end = new Promise((done) => {
    child.once('close', (code, signal) => done({ code: code ?? signal, stdout, stderr }));
  });
  const said = (text) =>
    new Promise((done) => {
      const listen = () => {
        if (!stderr.includes(text)) return;
        heard.delete(listen);
        done(true);
      };
      heard.add(listen);
      listen();
      void end.then(() => done(stderr.includes(text)));
    });
  return { child, end, said };
}

/**
 * The products of `--only a,b`, or all, with why one cannot be started here (`missing`).
 * @throws Error for a name that nobody has.
 */
export async function chosenProducts(only) {
  const names = only.split(',').filter((name) => name !== '');
  const strange = names.find((name) => products.every((product) => product.name !== name));
  if (strange !== undefined) throw new Error(`--only: there is no product ${strange}`);
  const chosen = products.filter(({ name }) => names.length === 0 || names.includes(name));
  return Promise.all(chosen.map(async (product) => ({ name: product.name, missing: await missingFor(product) })));
}

/** Why the programs of such a cluster (as a plan has it) are not here; undefined: they are. */
export async function missingFor(product, cluster = usualCluster(product)) {
  return findPrograms(product.programs?.(cluster) ?? []).then(
    () => undefined,
    (error) => error.message,
  );
}

/** How often each text is there: `19 pass, 1 fail`. */
export function tally(texts) {
  const counts = new Map();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => `${count} ${text}`).join(', ');
}

/** A Markdown table. */
export function printTable(titles, rows) {
  for (const cells of [titles, titles.map(() => '---'), ...rows]) console.log(`| ${cells.join(' | ')} |`);
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
