/**
 * Effects of real runs: each pair shows what its name says, each wrong form its harm, and stores that are not ours are
 * outlasted when they are killed, left as they were, and never named by their URL.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import type { FindingClass } from '../../src/audit/class.ts';
import { assertEffectSums } from '../../src/audit/counts.ts';
import type { Finding } from '../../src/audit/findings/finding.ts';
import { countRecords } from '../../src/journal/reader.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { noAbort, pause } from '../../src/wait.ts';
import { password, serverKinds, type TestServer } from '../effects/support/servers.ts';
import { missing } from '../effects/support/worlds.ts';
import { Workspace } from '../support/tool.ts';
import { accusations, pass } from './support/carried-out.ts';

const pairs = ['primary-key', 'unique-constraint', 'redis-set', 'redis-id'] as const;
const noRedis = missing('redis') !== undefined;
const asks = (name: string): boolean => name.startsWith('redis');
/** Of faults that took hold, as the record has them. */
const targets = ({ faults }: Pick<RunRecord, 'faults'>): unknown[] => {
  const healed = faults.filter((fault) => fault.healed);
  return [...new Set(healed.flatMap(({ evidence }) => evidence.map(({ target }) => target)))];
};
const kills = 3; // two faults, one of which hits both consumers

describe('a pair', () => {
  it.for(pairs)('%s: on, no effect is doubled; off, each kill doubles one at least', async (name, { skip }) => {
    if (asks(name) && noRedis) skip('redis-server is not on the PATH');
    using on = new Workspace();
    const guarded = await pass(on, name);
    expect(accusations(guarded)).toEqual({});
    assertEffectSums(guarded.record.counts);
    expect(guarded.record.counts).toMatchObject({ processable: 3000, effectOnce: 3000, duplicateEffect: 0 });
    expect(guarded.record.counts.extraDeliveries).toBeGreaterThanOrEqual(kills);
    expect(guarded.record.counts.duplicateStored).toBeGreaterThan(0);
    expect(guarded.record.faults.flatMap(({ evidence }) => evidence).filter(({ killAt }) => killAt)).toHaveLength(
      kills,
    );
    using off = new Workspace();
    const { counts } = (await pass(off, `${name}-off`)).record;
    expect(counts.duplicateStored).toBeGreaterThan(0);
    expect(counts.duplicateEffect).toBeGreaterThanOrEqual(kills);
    expect(counts).toMatchObject({ unprocessed: 0, phantomEffect: 0, lost: 0 });
  });

  it('commit-after, commit-after-off: what is committed first is missed by each kill', async () => {
    using after = new Workspace();
    const { counts } = (await pass(after, 'commit-after')).record;
    expect(counts).toMatchObject({ processable: 3000, effectOnce: 3000 });
    using before = new Workspace();
    const early = (await pass(before, 'commit-after-off')).record.counts;
    expect(early.unprocessed).toBeGreaterThanOrEqual(kills);
    expect(early).toMatchObject({ lost: 0, duplicateEffect: 0, effectOnce: 3000 - early.unprocessed });
  });
});

/** Each names the messages that it harmed. */
const wrongForms: readonly [string, FindingClass, number][] = [
  ['wrong-check-then-insert', 'duplicate-effect', 1],
  ['wrong-id-first', 'unprocessed', kills],
  ['wrong-effect-first', 'duplicate-effect', kills],
  ['wrong-broker-position', 'duplicate-effect', 1],
];

describe('a wrong form', () => {
  it.for(wrongForms)('%s: %s, message by message', async ([name, harm, least], { skip }) => {
    if (name.endsWith('-first') && noRedis) skip('redis-server is not on the PATH');
    using workspace = new Workspace();
    const run = await pass(workspace, name);
    expect(accusations(run)).toEqual({});
    assertEffectSums(run.record.counts);
    const found = run.record.findings.find((finding) => finding.class === harm);
    expect(found?.count).toBeGreaterThanOrEqual(least);
    const lines = readFileSync(join(workspace.folder, 'run', 'findings.ndjson'), 'utf8')
      .trim()
      .split('\n');
    const named = lines.map((line) => JSON.parse(line) as Finding).filter((finding) => finding.class === harm);
    expect(new Set(named.map(({ message }) => message)).size).toBe(found?.count);
    for (const { message } of named) expect(message).toMatch(/^p1\.\d+#\d+$/);
  });
});

describe.skipIf(noRedis)('the effect under a key that messages share', () => {
  it.each([
    ['shared-key', 'expect.harm=[stale-overwrite]'],
    ['newest-wins', 'expect.stale-overwrite=0'],
  ])('%s of redis-set: what a dead consumer had comes after newer ones of its key', async (form, expected) => {
    using workspace = new Workspace();
    const undecidable = ['expect.duplicate-effect=', 'expect.unprocessed='];
    const kill = (at: string, count: number, target: string): string =>
      `{ at: ${at}, do: kill-at, count: ${count}, target: ${target}, for: 500ms }`;
    const late = [
      `faults=[${kill('10%', 20, 'consumers')}, ${kill('96%', 1, 'consumer')}]`,
      'consumers.sessionTimeout=2s',
    ];
    const run = await pass(workspace, 'redis-set', [`consumers.form=${form}`, expected, ...undecidable, ...late]);
    expect(run.record.counts).toMatchObject({ processable: 3000, effectHidden: 3000 });
  });
});

describe.skipIf(noRedis)("the run's own Redis", () => {
  it('is killed and started again: no message suffers, and no try at redelivery is spent', async () => {
    using workspace = new Workspace();
    const fault = 'faults=[{at: 40%, do: kill, target: store, for: 1s}]';
    const redelivery = 'consumers.redelivery={ attempts: 1, delay: 100ms, deadLetter: true }';
    const { record } = await pass(workspace, 'redis-id', [fault, redelivery]);
    expect(record.counts).toMatchObject({ processable: 3000, effectOnce: 3000, lost: 0, processingFailed: 0 });
    expect(record.counts).toMatchObject({ redeliveries: 0, deadLetters: 0 });
    expect(targets(record)).toEqual(['store']);
    expect(record.storeOutages).toMatchObject([{ faults: ['f1'], tries: 0 }]);
  });

  it('of ids alone is killed and started again: nothing is missed', async () => {
    using workspace = new Workspace();
    const fault = 'faults=[{at: 40%, do: kill, target: ids, for: 1s}]';
    // an effect whose id could not be recorded any more is done again: that is the mistake of this form
    const form = ['consumers.effect.store=sqlite', 'consumers.form=effect-first', 'expect.duplicate-effect=any'];
    const { record } = await pass(workspace, 'redis-id', [fault, ...form]);
    expect(record.counts).toMatchObject({ processable: 3000, effectNone: 0, lost: 0, unprocessed: 0 });
    expect(targets(record)).toEqual(['ids']);
  });
});

/** Until each of these consumers has had a hundred messages: from now on the store is asked all the time. */
async function received(journals: string, consumers: readonly string[]): Promise<void> {
  const counts = () => consumers.map((name) => countRecords(join(journals, `${name}.journal`)));
  for (let look = 0; look < 600 && counts().some((count) => count < 300); look += 1) await pause(50, noAbort);
  expect(counts().every((count) => count >= 300)).toBe(true);
}

/** As reports name it. */
const placeOf = ({ port }: TestServer, store: string): string => `${store} at 127.0.0.1:${port} (\${STORE})`;

/** Everything in the run's folder, as one text. */
const texts = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');

describe.for([
  ['redis', 'redis-id', /^Redis \d/],
  ['postgres', 'unique-constraint', /^PostgreSQL \d/],
  ['mariadb', 'primary-key', /^MariaDB \d/],
] as const)('%s of somebody else', ([store, profile, version]) => {
  const reason = missing(store);
  it.skipIf(reason !== undefined)(
    `is killed and comes back in the middle: the verdict is about messages, no secret is written${reason ? ` (not run: ${reason})` : ''}`,
    async () => {
      await using server = await serverKinds[store].launch();
      using workspace = new Workspace();
      const sets = ['faults=[]', `consumers.effect.store=${store}`, `consumers.effect.url=\${STORE}`];
      const options = ['--seed', '1', '--out', 'run', '--json', ...sets.flatMap((set) => ['--set', set])];
      const tool = workspace.start(['run', profile, ...options], { STORE: server.url });
      await tool.said('sending');
      await received(join(workspace.folder, 'run', 'journal'), ['c1.1', 'c2.1']);
      await server.kill();
      await pause(2000, noAbort);
      await server.start();
      const { code, stdout, stderr } = await tool.end;
      expect(code, stderr).toBe(0);
      const { counts, environment, storeOutages } = JSON.parse(stdout) as RunRecord;
      expect(counts).toMatchObject({ processable: 3000, effectOnce: 3000, duplicateEffect: 0, lost: 0 });
      expect(counts.processingFailed).toBe(0); // it was waited for
      expect(storeOutages).toMatchObject([
        { store: placeOf(server, store), to: expect.any(Number), faults: [], tries: 0 },
      ]);
      expect(storeOutages?.[0]?.seenBy.map(({ name }) => name)).toEqual(expect.arrayContaining(['c1.1', 'c2.1']));
      expect(readFileSync(join(workspace.folder, 'run', 'report.md'), 'utf8')).toContain('no fault of the plan');
      expect(environment?.store).toMatch(version);
      const all = `${stdout}${stderr}${texts(join(workspace.folder, 'run'))}`;
      for (const secret of [server.url, password, encodeURIComponent(password)]) expect(all).not.toContain(secret);
    },
  );
});

describe.skipIf(noRedis)('a store that is not ours', () => {
  const url = `consumers.effect.url=\${STORE}`;
  const keys = async ({ url: address }: TestServer): Promise<string[]> => {
    const redis = new Redis(address);
    const found = await redis.keys('*');
    redis.disconnect();
    return found;
  };
  it('is hit by a fault through its pid file: the outage is in the report, and no message suffers', async () => {
    await using server = await serverKinds.redis.launch();
    using workspace = new Workspace();
    writeFileSync(join(workspace.folder, 'store.pid'), `${server.pid}\n`);
    const control = [
      `consumers.effect.control.address=127.0.0.1:${server.port}`,
      'consumers.effect.control.pidFile=store.pid',
    ];
    const fault = 'faults=[{at: 40%, do: pause, target: store, for: 1s}]';
    const sets = [url, ...control, fault].flatMap((set) => ['--set', set]);
    const args = ['run', 'redis-id', '--seed', '1', '--out', 'run', '--json', ...sets];
    const { code, stdout, stderr } = await workspace.run(args, { STORE: server.url });
    expect(code, stderr).toBe(0);
    const { counts, faults } = JSON.parse(stdout) as RunRecord;
    expect(counts).toMatchObject({ processable: 3000, effectOnce: 3000, lost: 0 });
    expect(targets({ faults })).toEqual(['store']);
  });

  it('is cleaned by doctor when the tool was killed', async () => {
    await using server = await serverKinds.redis.launch();
    using workspace = new Workspace();
    const env = { STORE: server.url };
    const tool = workspace.start(['run', 'redis-id', '--seed', '1', '--out', 'run', '--set', url], env);
    await tool.said('f1 kill-at');
    tool.process.kill('SIGKILL');
    await tool.end;
    expect((await keys(server)).length).toBeGreaterThan(0);
    const unset = await workspace.run(['doctor', 'clean', 'run']);
    expect([unset.code, unset.stdout]).toEqual([4, expect.stringContaining('environment variable STORE is not set')]);
    const clean = await workspace.run(['doctor', 'clean', 'run'], env);
    expect([clean.code, clean.stdout]).toEqual([0, expect.stringMatching(/effects mqchaos_\w+_g1 removed/)]);
    expect(await keys(server)).toEqual([]);
  });

  it.each([
    ['not set', {}, 2, /STORE is not set/],
    ['no URL', { STORE: 'nonsense-hush' }, 2, /is not a URL/],
    ['nobody there', { STORE: 'redis://:hush@127.0.0.1:1/0' }, 4, /cannot be reached/],
  ])('%s: said before anything starts, without the value', async (_, env: Record<string, string>, code, said) => {
    using workspace = new Workspace();
    const result = await workspace.run(['run', 'redis-id', '--seed', '1', '--out', 'run', '--set', url], env);
    expect(result).toMatchObject({ code, stderr: expect.stringMatching(said) });
    expect(`${result.stdout}${result.stderr}`).not.toContain('hush');
    expect(readdirSync(join(workspace.folder, 'run', 'nodes'))).toEqual([]);
  });
});
