/**
 * usage: node sides.mjs OTHER [MESSAGES=10000000] [FOLDER]   what the timeline (or any other change) costs an audit
 * Audits one generated history by this build and by OTHER, the folder of another checkout that was built, in turn, each in
 * a process of its own with its findings.ndjson. Prints CPU seconds of the processes, and the ratios of neighbours.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const rounds = 15;
const [other, count = '10000000', given] = process.argv.slice(2);
const here = fileURLToPath(new URL('.', import.meta.url));
const folder = given ?? mkdtempSync(join(tmpdir(), 'mqchaos-bench-'));
const script = `
  import { readdirSync } from 'node:fs';
  import { join } from 'node:path';
  const [root, folder] = process.argv.slice(1);
  const { auditRun } = await import(new URL('dist/audit/audit.js', root));
  const { FindingsFile } = await import(new URL('dist/run/folder/findings-file.js', root));
  const journals = readdirSync(folder).filter((name) => name.endsWith('.journal')).map((name) => join(folder, name));
  const file = new FindingsFile(join(folder, 'findings.ndjson'));
  await auditRun({ journals, expectation: { limits: {} }, onLines: (bytes) => file.write(bytes) });
  file.keep();
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  console.log(JSON.stringify({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, rssMb: maxRSS / 1024 }));
`;
const run = (root) => {
  const base = `${pathToFileURL(resolve(root))}/`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script, base, folder], { encoding: 'utf8' }),
  );
};
const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

if (!existsSync(join(folder, 'truth.json')))
  execFileSync(process.execPath, [join(here, 'generate.mjs'), folder, count]);
const own = join(here, '../..');
run(own); // from now on the journals are in the page cache
const pairs = Array.from({ length: rounds }, () => [run(other), run(own)]);
const ratios = pairs.map(([its, ours]) => ours.cpuSeconds / its.cpuSeconds);
const of = (which, key) => median(pairs.map((pair) => pair[which][key])).toFixed(2);
process.stdout.write(
  `other ${of(0, 'cpuSeconds')} s, ${of(0, 'rssMb')} MB; this ${of(1, 'cpuSeconds')} s, ${of(1, 'rssMb')} MB; ` +
    `ratio ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})\n`,
);
if (given === undefined) rmSync(folder, { recursive: true, force: true });
