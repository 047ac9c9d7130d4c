import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchedFolder } from '../../src/cluster/programs.ts';
import { markedProcesses, markedRuns } from '../../src/cluster/undo/undo.ts';
import { included, products } from '../../src/products/registry.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { noAbort, poll } from '../../src/wait.ts';
import { missingPrograms } from '../support/product-cluster.ts';
import { missingRedis } from '../support/redis.ts';
import { Workspace } from '../support/tool.ts';
import { leftMounted, volumeKinds } from '../support/volumes.ts';

const small = ['--set', 'producers.messages=6000', '--set', 'producers.rate=2000/s', '--out', 'run'];
/** An outage is no end of a message. */
const patient = ['--set', 'producers.retries=300', '--set', 'producers.timeout=2s'];
const pausing = ['--set', 'faults.0.do=pause', ...small];

/** What each phase says on stderr when it begins. */
const phases = [
  ['start', 'run folder'],
  ['send', 'sending'],
  ['fault', 'f1 kill'],
  ['settle', 'settling'],
  ['drain', 'draining'],
  ['read', 'reading the log'],
  ['stop', 'stopping'],
] as const;

async function nothingRuns(folder: string): Promise<number[]> {
  await poll(() => (markedProcesses(folder).length === 0 ? true : undefined), {
    everyMs: 50,
    boundMs: 15_000,
    signal: noAbort,
  });
  return markedProcesses(folder);
}

/** What a killed run left can be judged, accuses nobody, and is cleaned up once. */
async function expectHonest(workspace: Workspace): Promise<void> {
  const audit = await workspace.run(['audit', 'run', '--json']);
  const record = JSON.parse(audit.stdout) as RunRecord;
  expect([record.verdict.value, audit.code]).toEqual(['inconclusive', 3]);
  expect(record.counts.lost + record.counts.skipped + record.counts.phantom).toBe(0);
  const clean = await workspace.run(['doctor', 'clean', 'run']);
  expect([clean.code, await workspace.run(['doctor', 'clean', 'run'])]).toMatchObject([
    0,
    { stdout: 'nothing to clean\n' },
  ]);
}

describe('kill -9 of the tool', () => {
  it.each(phases)('in phase %s leaves no process and nothing outside its folder', async (_, said) => {
    using workspace = new Workspace();
    const folder = join(workspace.folder, 'run');
    const tool = workspace.start(['run', 'quick', '--seed', '1', ...small]);
    await tool.said(said);
    tool.process.kill('SIGKILL');
    await tool.end;
    expect(await nothingRuns(folder)).toEqual([]);
    expect(readdirSync(workspace.folder)).toEqual(['run']);
    if (!existsSync(join(folder, 'journal', 'runner.journal'))) return; // killed before the first record
    await expectHonest(workspace);
  });

  it('while a broker is stopped by SIGSTOP leaves no process', async () => {
    using workspace = new Workspace();
    const tool = workspace.start(['run', 'quick', '--seed', '1', ...pausing]);
    await tool.said('f1 pause');
    tool.process.kill('SIGKILL');
    await tool.end;
    expect(await nothingRuns(join(workspace.folder, 'run'))).toEqual([]);
  });
});

describe.each(await volumeKinds())(
  'kill -9 of the tool, whose broker has a volume of kind $kind',
  ({ kind, missing }) => {
    const why = missing ?? missingRedis();
    if (why !== undefined) {
      it.skip(`needs what this machine does not have: ${why}`, () => {});
      return;
    }
    it.each<readonly [phase: string, said: string, fault: string]>([
      ['start', 'starting', 'power-loss'],
      ['fault', 'f1 power-loss', 'power-loss'],
      ['fault', 'f1 disk-full', 'disk-full'],
      ['fault', 'f1 disk-fail', 'disk-fail'],
      ...(kind === 'fuse' ? [['fault', 'f1 disk-hang', 'disk-hang'] as const] : []),
      ['drain', 'draining', 'power-loss'],
    ])('in phase %s (%s) leaves no process, mount or loop device', async (_, said, fault) => {
      using workspace = new Workspace();
      const folder = join(workspace.folder, 'run');
      const disk = ['--set', `cluster.volume=${kind}`, '--set', `faults.0.do=${fault}`];
      const tool = workspace.start(['run', 'redis-flush', '--seed', '1', ...disk, '--out', 'run']);
      await tool.said(said);
      tool.process.kill('SIGKILL');
      await tool.end;
      expect(await nothingRuns(folder)).toEqual([]);
      expect(await leftMounted(workspace.folder)).toEqual([]);
      expect(readdirSync(workspace.folder)).toEqual(['run']);
      if (existsSync(join(folder, 'journal', 'runner.journal'))) await expectHonest(workspace);
    });
  },
);

/** Those that are installed; in CI all have to be. The phases above are the included one's. */
const others = await Promise.all(
  products
    .filter((product) => product !== included && product.layout !== undefined)
    .map(async (product) => ({ name: product.name, missing: await missingPrograms(product) })),
);

describe.each(others)('kill -9 of the tool at a fault on $name', ({ name, missing }) => {
  if (missing !== undefined) {
    it.skip(`needs ${name}: ${missing}`, () => {});
    return;
  }
  it('leaves no process and nothing outside its folder', async () => {
    using workspace = new Workspace();
    using elsewhere = new Workspace(); // home and temporary folder: whatever is written there shows
    const { folder } = elsewhere;
    const places = { HOME: folder, TMPDIR: folder, XDG_CACHE_HOME: dirname(fetchedFolder()) };
    const tool = workspace.start(['run', 'quick', '--broker', name, '--seed', '1', ...patient, ...small], places);
    await tool.said('f1 kill');
    tool.process.kill('SIGKILL');
    await tool.end;
    expect(await nothingRuns(join(workspace.folder, 'run'))).toEqual([]);
    expect([readdirSync(workspace.folder), readdirSync(folder)]).toEqual([['run'], []]);
    await expectHonest(workspace);
  }, 300_000);
});

describe('a run that nobody watches any more', () => {
  const short = [
    'run',
    'quick',
    '--seed',
    '1',
    '--set',
    'producers.messages=2000',
    '--set',
    'faults=[]',
    '--out',
    'run',
  ];
  const verdictIn = (workspace: Workspace): string =>
    (JSON.parse(readFileSync(join(workspace.folder, 'run', 'record.json'), 'utf8')) as RunRecord).verdict.value;

  it('comes to its end and its record when the reader of its output has gone', async () => {
    using workspace = new Workspace();
    const tool = workspace.start(short);
    await tool.said('starting');
    tool.process.stderr?.destroy();
    tool.process.stdout?.destroy();
    expect([(await tool.end).code, verdictIn(workspace)]).toEqual([0, 'pass']);
  });

  it('ends in order when its terminal has, with 129', async () => {
    using workspace = new Workspace();
    const tool = workspace.start(['run', 'quick', '--seed', '1', ...pausing]);
    await tool.said('f1 pause');
    tool.process.kill('SIGHUP');
    expect([(await tool.end).code, verdictIn(workspace)]).toEqual([129, 'inconclusive']);
    expect(await nothingRuns(join(workspace.folder, 'run'))).toEqual([]);
  });
});

describe('Ctrl-C', () => {
  it('once: stops, heals, audits what there is, and exits 130', async () => {
    using workspace = new Workspace();
    const tool = workspace.start(['run', 'quick', '--seed', '1', '--json', ...pausing]);
    await tool.said('f1 pause');
    tool.process.kill('SIGINT');
    const { code, stdout } = await tool.end;
    const record = JSON.parse(stdout) as RunRecord;
    expect(code).toBe(130);
    expect(record.verdict.value).toBe('inconclusive');
    expect(record.verdict.reasons.join('\n')).toContain('interrupted by SIGINT');
    expect(record.faults[0]).toMatchObject({ injected: expect.any(Number), healed: expect.any(Number) });
    expect(record.counts.lost).toBe(0);
    expect(await nothingRuns(join(workspace.folder, 'run'))).toEqual([]);
  });

  it('twice: leaves now, and still nothing runs', async () => {
    using workspace = new Workspace();
    const tool = workspace.start(['run', 'quick', '--seed', '1', ...pausing]);
    await tool.said('f1 pause');
    tool.process.kill('SIGINT');
    await tool.said('once more');
    tool.process.kill('SIGINT');
    expect((await tool.end).code).toBe(130);
    expect(await nothingRuns(join(workspace.folder, 'run'))).toEqual([]);
  });

  it('SIGTERM exits 143', async () => {
    using workspace = new Workspace();
    const tool = workspace.start(['run', 'quick', '--seed', '1', ...small]);
    await tool.said('sending');
    tool.process.kill('SIGTERM');
    expect((await tool.end).code).toBe(143);
  });
});

describe('the limit', () => {
  it('makes a run inconclusive, healed and cleaned up', async () => {
    using workspace = new Workspace();
    const endless = ['--set', 'producers.messages=5000000', '--set', 'producers.rate=max', '--set', 'limit=4s'];
    const { code, stdout, stderr } = await workspace.run([
      'run',
      'quick',
      '--seed',
      '1',
      '--json',
      '--out',
      'run',
      ...endless,
    ]);
    expect(code, stderr).toBe(3);
    const record = JSON.parse(stdout) as RunRecord;
    expect(record.verdict.reasons.join('\n')).toContain('limit of the run ran out');
    expect(record.counts.lost + record.counts.skipped).toBe(0);
    expect(await nothingRuns(join(workspace.folder, 'run'))).toEqual([]);
  });
});

describe('a ledger that another user could have written', () => {
  /** An entry that would make a file, of a broker that does not answer. */
  function plant(workspace: Workspace): { readonly run: string; readonly proof: string } {
    const [run, proof] = [join(workspace.folder, 'run'), join(workspace.folder, 'done')];
    mkdirSync(run, { mode: 0o755 });
    writeFileSync(join(run, 'plan.json'), '{}', { mode: 0o644 });
    const entry = { kind: 'ended', node: 'b1', address: '127.0.0.1:1', command: `touch ${proof}` };
    writeFileSync(join(run, 'ledger.ndjson'), `${JSON.stringify({ id: 1, entry })}\n`, { mode: 0o644 });
    return { run, proof };
  }

  it.each([
    ['the ledger may be written by others', ({ run }: { run: string }) => chmodSync(join(run, 'ledger.ndjson'), 0o666)],
    ['the folder may be written by others', ({ run }: { run: string }) => chmodSync(run, 0o777)],
    ...(process.getuid?.() === 0
      ? ([
          ['the ledger is theirs', ({ run }: { run: string }) => chownSync(join(run, 'ledger.ndjson'), 65534, 65534)],
          ['the folder is theirs', ({ run }: { run: string }) => chownSync(run, 65534, 65534)],
        ] as const)
      : []),
  ] as const)('is not carried out: %s', async (_, hand) => {
    using workspace = new Workspace();
    const planted = plant(workspace);
    hand(planted);
    const { code, stderr } = await workspace.run(['doctor', 'clean', 'run']);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/left alone: .*(another user|other users)/)]);
    expect(existsSync(planted.proof)).toBe(false);
  });

  it.skipIf(process.getuid?.() !== 0)('is not even looked for where only a process of theirs names it', async () => {
    using workspace = new Workspace();
    const { run } = plant(workspace);
    const env = { MQCHAOS_RUN: run };
    const theirs = spawn('sleep', ['60'], { uid: 65534, gid: 65534, env, cwd: '/', stdio: 'ignore' });
    const ours = spawn('sleep', ['60'], { env: { MQCHAOS_RUN: `${run}-of-ours` }, stdio: 'ignore' });
    try {
      await poll(() => (markedRuns().includes(`${run}-of-ours`) ? true : undefined), {
        ...{ everyMs: 20, boundMs: 10_000, signal: noAbort },
      });
      expect(markedRuns()).toContain(`${run}-of-ours`);
      expect(markedRuns()).not.toContain(run);
      expect(markedProcesses(run)).toEqual([]);
    } finally {
      theirs.kill('SIGKILL');
      ours.kill('SIGKILL');
    }
  });

  it('a run folder is its user’s alone', async () => {
    using workspace = new Workspace();
    await workspace.run(['run', 'quick', '--set', 'producers.messages=100', '--set', 'faults=[]', '--out', 'run']);
    const run = join(workspace.folder, 'run');
    expect([run, join(run, 'ledger.ndjson')].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
  });
});
