/**
 * Mutation run of the audit: changes one operator, constant, condition or statement at a time and asks whether the
 * unit tests notice. Works on a copy, so that nothing here can leave a mutant behind.
 *
 * usage: node scripts/mutate-audit.mjs [--sample N] [--seed S] [--file PART] [--histories N] [--list]
 * Prints a line for each survivor and the score last. A mutant that only changes types or comments is not counted, one
 * that makes the tests run five times as long as they take without it is killed by that.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { transformWithOxc } from 'vite';
import { binaryText } from './build-wasm.mjs';

const { values: options } = parseArgs({
  options: {
    sample: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    file: { type: 'string', default: '' },
    histories: { type: 'string', default: '400' },
    list: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));

const swaps = [
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ < /g, ' <= '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ >= /g, ' > '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/ & /g, ' | '],
  [/ \| /g, ' & '],
  [/ & ~/g, ' & '],
  [/ >>> /g, ' << '],
  [/ \+= /g, ' -= '],
  [/ \?\? /g, ' && '],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/\b0\b/g, '1'],
  [/\b1\b/g, '2'],
  [
    /\bif \((.+)\)(?= \{$| return| continue|$)/g,
    (text, condition) => text.replace(`(${condition})`, `(!(${condition}))`),
  ],
  [/\bcontinue;/g, ';'],
  [/\breturn;/g, ';'],
  [/\bMath\.max\b/g, 'Math.min'],
  [/\bMath\.min\b/g, 'Math.max'],
  [/\.some\(/g, '.every('],
  [/\.every\(/g, '.some('],
  [
    /^\s+(?!return|const|let|import|export|readonly|if|for|while|throw|case|default)[\w#.[\]]+(\(.*\)| [-+|]?= .*);$/g,
    '',
  ],
];

/** Same length as the text, with comments and the insides of strings blanked: mutants are looked for in the rest. */
function codeOf(text) {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/(^|[^:'"])\/\/.*$/gm, blank)
    .replace(/'(?:[^'\\\n]|\\.)*'/g, blank)
    .replace(/^import [\s\S]*?;$/gm, blank);
}

function blank(text) {
  return text.replace(/[^\n]/g, '\u0001');
}

function mutantsOf(file) {
  const text = readFileSync(join(root, file), 'utf8');
  const lines = text.split('\n');
  const code = codeOf(text).split('\n');
  const mutants = [];
  for (const [at, line] of code.entries()) {
    for (const [pattern, to] of swaps) {
      for (const match of line.matchAll(pattern)) {
        const found = lines[at].slice(match.index, match.index + match[0].length);
        const replaced = typeof to === 'string' ? to : found.replace(pattern, to);
        if (replaced === found) continue;
        const changed = lines[at].slice(0, match.index) + replaced + lines[at].slice(match.index + match[0].length);
        mutants.push({
          file,
          line: at + 1,
          from: lines[at].trim(),
          to: changed.trim(),
          text: [...lines.slice(0, at), changed, ...lines.slice(at + 1)].join('\n'),
        });
      }
    }
  }
  return mutants;
}

function shuffled(items, seed) {
  const order = [...items];
  let state = seed >>> 0;
  for (let at = order.length - 1; at > 0; at -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 4294967296) * (at + 1));
    [order[at], order[other]] = [order[other], order[at]];
  }
  return order;
}

const assembly = 'src/loops/assembly';
const folders = ['src/audit', 'src/audit/checks', 'src/journal/import', assembly];
const files = [
  ...folders.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)),
  'src/journal/import.ts',
].filter((file) => file.endsWith('.ts') && file.includes(options.file));
const all = files.flatMap(mutantsOf);
const copy = mkdtempSync(join(tmpdir(), 'mqchaos-mutants-'));
for (const part of ['src', 'test/audit', 'test/journal', 'package.json', 'vitest.config.ts']) {
  cpSync(join(root, part), join(copy, part), { recursive: true });
}
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

const tests = ['test/audit', 'test/journal/import.test.ts'];
/** A mutant may loop for ever in a worker of vitest's: the whole process group ends with the run. */
const survives = async (boundMs) => {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--bail', '1', ...tests];
  const env = { ...process.env, MQCHAOS_HISTORIES: options.histories };
  const run = spawn(process.execPath, args, { cwd: copy, stdio: 'ignore', detached: true, env });
  const over = new AbortController();
  const exit = new Promise((resolve) => run.once('exit', resolve));
  const late = delay(boundMs, undefined, { signal: over.signal }).catch(() => undefined);
  const code = await Promise.race([exit, late]);
  over.abort();
  try {
    process.kill(-run.pid, 'SIGKILL');
  } catch {
    // nobody of the group is left
  }
  return code === 0;
};

/** The loops are compiled ahead; false for what is no program. */
async function compiled({ file }) {
  if (!file.startsWith(assembly)) return true;
  try {
    writeFileSync(join(copy, 'src/loops/binary.ts'), await binaryText(copy, 'src/loops'));
    return true;
  } catch {
    return false;
  }
}

try {
  const startedAtMs = performance.now();
  if (!(await survives(1_200_000))) throw new Error('the tests fail without any mutant');
  const boundMs = Math.max(60_000, 5 * (performance.now() - startedAtMs));
  let killed = 0;
  const survivors = [];
  for (const mutant of shuffled(all, Number(options.seed))) {
    if (killed + survivors.length >= Number(options.sample)) break;
    const original = readFileSync(join(root, mutant.file), 'utf8');
    const [before, after] = await Promise.all(
      [original, mutant.text].map((text) =>
        transformWithOxc(text, mutant.file).then(
          ({ code }) => code,
          () => undefined,
        ),
      ),
    );
    if (after === undefined || before === after) continue; // no program, or the same one
    const title = `${mutant.file}:${mutant.line}\n    - ${mutant.from}\n    + ${mutant.to}\n`;
    if (options.list) {
      process.stdout.write(title);
      survivors.push(title);
      continue;
    }
    writeFileSync(join(copy, mutant.file), mutant.text);
    if (!(await compiled(mutant))) {
      writeFileSync(join(copy, mutant.file), original);
      continue; // no program
    }
    if (await survives(boundMs)) {
      survivors.push(title);
      process.stdout.write(`survived ${title}`);
    } else killed += 1;
    writeFileSync(join(copy, mutant.file), original);
    await compiled(mutant);
    const done = killed + survivors.length;
    if (done % 10 === 0) process.stderr.write(`${done} tried, ${survivors.length} survived\n`);
  }
  const total = killed + survivors.length;
  process.stdout.write(
    `${killed} of ${total} mutants killed (${((100 * killed) / total).toFixed(1)} %), of ${all.length} possible, seed ${options.seed}\n`,
  );
} finally {
  rmSync(copy, { recursive: true, force: true });
}
