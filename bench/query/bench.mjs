/**
 * usage: node bench.mjs [MESSAGES=10000000] [ROUNDS=5] [FOLDER]
 * What questions cost in a large run: the tool as a process, in turn with one that asks nothing of the run, and beside it the
 * same question asked of Parquet files by DuckDB itself. Prints CPU seconds beyond the empty question, rows a second of
 * those, and peak memory. Exit 1 unless the answers are the truth of the generated run.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [count = '10000000', times = '5', given] = process.argv.slice(2);
const here = fileURLToPath(new URL('.', import.meta.url));
const tool = join(here, '..', '..', 'bin', 'mqchaos.js');
const folder = given ?? mkdtempSync(join(tmpdir(), 'mqchaos-bench-'));
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
const print = (line) => process.stdout.write(`${line}\n`);

/** CPU seconds, peak MB and the rows of a question. */
const ask = (...args) => {
  const script = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, process.argv.slice(1), { stdio: ['ignore', 'inherit', 'inherit'] });
    let peak = 0;
    const look = setInterval(() => {
      try {
        peak = Math.max(peak, Number(/VmHWM:\\s+(\\d+)/.exec(require('node:fs').readFileSync('/proc/' + child.pid + '/status', 'utf8'))?.[1] ?? 0));
      } catch {}
    }, 20);
    child.on('close', (code) => {
      clearInterval(look);
      require('node:fs').writeSync(2, '#peak ' + peak + '\\n');
      process.exitCode = code;
    });`;
  const words = [process.execPath, '-e', script, tool, 'query', folder, ...args];
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const run = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time ${quoted}`], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(run.stderr);
  const [user, system] = run.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { cpuS: user + system, peakMb: Number(/#peak (\d+)/.exec(run.stderr)[1]) / 1024, stdout: run.stdout };
};
const json = (sql, ...more) => {
  const { stdout, ...rest } = ask(sql, '--json', ...more);
  return { ...rest, rows: JSON.parse(stdout) };
};

const questions = [
  ['attempts', 'SELECT count(*) AS n FROM sends', 'sends'],
  ['outcomes', 'SELECT outcome, error, count(*) AS n FROM sends GROUP BY ALL', 'sends'],
  [
    'latency by second',
    'SELECT floor(answered_at_s) AS s, quantile_cont(latency_us, [0.5, 0.99]) FROM sends GROUP BY s',
    'sends',
  ],
  ['one message', "SELECT * FROM receipts WHERE message = 'p3#1000'", 'receipts'],
  ['messages acked', "SELECT count(*) AS n FROM messages WHERE outcome = 'acked'", 'sends'],
  [
    'came twice',
    'SELECT count(*) AS n FROM (SELECT message FROM receipts WHERE message IS NOT NULL GROUP BY message HAVING count(*) > 1)',
    'receipts',
  ],
];

try {
  if (!existsSync(join(folder, 'journal')))
    execFileSync(process.execPath, [join(here, '..', 'audit', 'generate.mjs'), join(folder, 'journal'), count]);
  const truth = JSON.parse(readFileSync(join(folder, 'journal', 'truth.json'), 'utf8'));
  ask('SELECT 1'); // makes the indexes, and reads the journals into the page cache
  const rows = { sends: truth.attempted, receipts: truth.deliveries };

  const tables = join(folder, 'tables');
  rmSync(tables, { recursive: true, force: true });
  const written = ask('--parquet', tables);
  const bytes = ['sends', 'messages', 'receipts'].map((name) => statSync(join(tables, `${name}.parquet`)).size);
  print(
    `--parquet: ${written.cpuS.toFixed(1)} CPU s, ${(bytes.reduce((sum, each) => sum + each, 0) / 1e6).toFixed(0)} MB, peak ${written.peakMb.toFixed(0)} MB`,
  );

  const answers = {};
  for (const [name, sql, of] of questions) {
    const asked = Array.from({ length: Number(times) }, () => {
      const empty = json('SELECT 1');
      const own = json(sql);
      // the same from Parquet, without a journal being read
      const other = json(
        sql.replaceAll(
          /\b(sends|messages|receipts)\b(?= |$|\))/g,
          (table) => `read_parquet('${tables}/${table}.parquet')`,
        ),
        '--allow-files',
      );
      answers[name] = own.rows[0]?.n;
      return { own, beyond: own.cpuS - empty.cpuS, other: other.cpuS - empty.cpuS };
    });
    const cpuS = median(asked.map(({ beyond }) => beyond));
    const ratio = median(asked.map(({ beyond, other }) => beyond / Math.max(other, 0.01)));
    print(
      `${name}: ${cpuS.toFixed(2)} CPU s, ${(rows[of] / cpuS / 1e6).toFixed(1)} million rows a CPU second, peak ${Math.max(...asked.map(({ own }) => own.peakMb)).toFixed(0)} MB; ${ratio.toFixed(1)} × the CPU of the same from Parquet`,
    );
  }
  const wrong = [
    ...(answers.attempts === truth.attempted ? [] : ['attempts']),
    ...(answers['messages acked'] === truth.acked ? [] : ['messages acked']),
    ...(answers['came twice'] === truth.duplicateDelivered ? [] : ['came twice']),
  ];
  print(
    wrong.length === 0 ? 'answers are the truth' : `wrong: ${wrong.join(', ')} (${JSON.stringify({ answers, truth })})`,
  );
  process.exitCode = wrong.length === 0 ? 0 : 1;
  const [load] = readFileSync('/proc/loadavg', 'utf8').split(' ');
  print(`load ${load} on ${cpus().length} CPUs, Node ${process.version}`);
} finally {
  if (given === undefined) rmSync(folder, { recursive: true, force: true });
}
