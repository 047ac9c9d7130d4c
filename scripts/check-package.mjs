/**
 * What somebody gets who installs the package: packs it as it is built, lints it (publint), asks whether its types are
 * found where they are looked for (attw), and compiles a strict program against it that checks our declarations too,
 * on the oldest TypeScript that they are to work with and on ours.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const oldest = '5.4';
const home = join(import.meta.dirname, '..');
const bin = (name) => join(home, 'node_modules', '.bin', name);
const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));

const compilerOptions = {
  ...{ target: 'es2022', lib: ['es2022'], module: 'nodenext', types: ['node'], noEmit: true },
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false },
};

const work = mkdtempSync(join(tmpdir(), 'mqchaos-package-'));
try {
  const [{ filename }] = JSON.parse(
    output('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', work], home),
  );
  const packed = join(work, filename);
  check('publint', bin('publint'), ['--strict', packed], home);
  check('attw', bin('attw'), ['--profile', 'esm-only', '--format', 'ascii', packed], home);
  const consumer = makeConsumer(packed);
  const old = ['exec', '--yes', `--package=typescript@${oldest}`, '--', 'tsc', '--project', '.'];
  check(`a strict consumer, TypeScript ${oldest}`, 'npm', old, consumer);
  check('a strict consumer, our TypeScript', bin('tsc'), ['--project', '.'], consumer);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** A folder that has the package installed, and of the packages beside it only those that it depends on. */
function makeConsumer(packed) {
  const folder = join(work, 'consumer');
  const own = join(folder, 'node_modules', 'mqchaos');
  mkdirSync(own, { recursive: true });
  output('tar', ['-xzf', packed, '-C', own, '--strip-components', '1'], home);
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    const path = join(folder, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(home, 'node_modules', name), path);
  }
  copyFileSync(join(import.meta.dirname, 'consumer.ts'), join(folder, 'index.ts'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['index.ts'] }));
  return folder;
}

function check(what, command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  console.log(`${status === 0 ? '✓' : '✗'} ${what}`);
  if (status === 0) return;
  console.log(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
  process.exitCode = 1;
}

function output(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr ?? ''}${error?.message ?? ''}`);
  return stdout;
}
