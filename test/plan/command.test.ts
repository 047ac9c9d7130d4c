import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { listCommand } from '../../src/cli/commands/list.ts';
import { planCommand } from '../../src/cli/commands/plan.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import { encodePlan } from '../../src/plan/encode.ts';
import { loadProfile } from '../../src/profile/load.ts';
import { written } from '../profile/written.ts';

/** What a command prints to stdout and stderr. */
async function printed(command: ReturnType<typeof planCommand>, ...args: string[]) {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const text = (spy: typeof out): string => spy.mock.calls.map(([chunk]) => String(chunk)).join('');
  try {
    await command.parseAsync(args, { from: 'user' });
    return { out: text(out), err: text(err) };
  } finally {
    vi.restoreAllMocks();
  }
}

const registries = {
  faults: [{ name: 'kill', summary: 'SIGKILL.' }],
  brokers: [{ name: 'kafka', summary: 'Kafka.' }],
};

test('plan says what would be done, and how to do it', async () => {
  const { out, err } = await printed(planCommand(), 'quick', '--seed', '0x7', '--set', 'faults.0.for=3s');
  expect(out).toMatchInlineSnapshot(`
    "quick: Is anything lost when a broker is killed while messages are in flight?

      seed       7
      cluster    bundled broker, started for the run: ns, b1, b2
                 flush async, every 500ms
      topic      8 partitions
      producers  2 × async, up to 100 in flight each: 20000 messages of 256 B at 2500/s: 8 s of sending
                 acks all, 1s for an attempt, 3 retries 100ms after a failure, on another broker if there is one
      consumers  2 in 1 group, started at once; a session ends after 6s of silence
      faults     f1  at 40% (message 8000)  kill b1 (master), healed after 3s
      contract   duplicate-stored: at-least-once, 3 retries: what may have been stored is sent again where no answer comes (the kill of b1 (f1))
                 undelivered: nothing is promised of what was not acknowledged: the kill of b1 (f1) may outlast all 4 attempts
                 reordered: the kill of b1 (f1) may hold one send up while the next goes on
                 unavailable: nobody promises an answer during the kill of b1 (f1)
                 never lost: nothing that was written goes with the kill of b1 (f1): the page cache and the disk stay
                 as in any run duplicate-delivered, duplicate-undecided, recovered, degraded-lost, unseen, pending; nothing else
      expect     no lost, no rolled-back, no skipped, no contradicted, no phantom, no corrupt, no misrouted, acked ≥ 95%, recovery < 10s
      limit      2m for the whole run; beyond it the run is inconclusive

    run it     mqchaos run quick --seed 7 --set faults.0.for=3s
    "
  `);
  expect(err).toBe('');
});

test('plan of a schedule by time', async () => {
  const set = ['--set', 'faults.0.at=', '--set', 'faults.0.every=3s..4s', '--set', 'producers.idempotent=true'];
  const { out } = await printed(planCommand(), 'quick', '--seed', '1', ...set);
  expect(out).toMatch(/f1\.1 {3}at [\d.]+s +kill b[12] \(master\), healed after 2s\n/);
  expect(out).toMatch(/f1\.2 .*, if messages are still being sent\n/);
  expect(out).toMatch(/… and \d+ more of f1 while messages are sent/);
  expect(out).toContain('kafkajs loses acknowledged messages');
});

test('plan warns of a fault that comes after sending', async () => {
  const late = async (...faults: string[]): Promise<string[]> => {
    const set = faults.flatMap((fault) => ['--set', fault]);
    const { out } = await printed(planCommand(), 'quick', '--seed', '1', ...set);
    return out.split('\n').filter((line) => /sending takes/.test(line));
  };
  expect(await late('faults.0.at=6s')).toEqual([]);
  expect(await late('faults.0.at=7s')).toEqual([
    '  note       f1 outlasts sending: it is healed at 9 s, and sending takes 8 s unless it is held up',
  ]);
  expect(await late('faults.0.at=8s')).toEqual([
    '  warning    f1 is due at 8s, after the 8 s that sending takes unless it is held up',
  ]);
  expect(await late('faults.0.at=', 'faults.0.every=3s', 'faults.0.times=9')).toEqual([
    '  warning    f1.3 to f1.9 are due from 9s on, after the 8 s that sending takes unless it is held up',
  ]);
  expect(await late('faults.0.at=', 'faults.0.every=3s')).toEqual([]);
  expect(await late('faults.0.at=9s', 'producers.rate=max')).toEqual([]);
});

test('plan warns of faults that meet on one target', async () => {
  const meeting = async (first: string, second: string): Promise<string[]> => {
    const folder = written({ 'two.yaml': `version: 1\nextends: quick\nfaults: [${first}, ${second}]\n` });
    const { out } = await printed(planCommand(), join(folder, 'two.yaml'), '--seed', '1');
    return out.split('\n').filter((line) => line.includes('it waits for that'));
  };
  const kill = '{ at: 25%, do: kill, target: b1, for: 3s }';
  expect(await meeting(kill, '{ at: 4s, do: pause, target: b1, for: 1s }')).toEqual([
    '  warning    f2 is due at 4 s, while f1 is in force on b1 until 5 s: it waits for that',
  ]);
  expect(await meeting('{ at: 4s, do: pause, target: b1, for: 1s }', kill)).toEqual([
    '  warning    f1 is due at 4 s, while f2 is in force on b1 until 5 s: it waits for that',
  ]);
  expect(await meeting(kill, '{ at: 4s, do: pause, target: b2, for: 1s }')).toEqual([]);
  expect(await meeting(kill, '{ at: 5s, do: pause, target: b1, for: 1s }')).toEqual([]);
});

test('plan --json is plan.json, and --out writes it', async () => {
  const folder = join(written({}), 'new');
  const { out, err } = await printed(planCommand(), 'quick', '--seed', '7', '--json', '--out', folder);
  expect(out).toBe(encodePlan(compilePlan(loadProfile('quick'), 7)));
  expect(readFileSync(join(folder, 'plan.json'), 'utf8')).toBe(out);
  expect(err).toBe(`wrote ${join(folder, 'plan.json')}\n`);
  await expect(printed(planCommand(), 'quick', '--out', folder)).rejects.toMatchObject({
    code: 'folder-not-empty',
    exitCode: 2,
  });
});

test('a profile that is wrong leaves nothing behind', async () => {
  const folder = join(written({}), 'new');
  await expect(printed(planCommand(), 'quick', '--set', 'limit=x', '--out', folder)).rejects.toMatchObject({
    exitCode: 2,
  });
  expect(existsSync(folder)).toBe(false);
});

test('list', async () => {
  const { out } = await printed(listCommand(registries));
  expect(out).toMatch(/^profiles\n {2}async-window +Does a wide window/);
  expect(out).toMatch(
    /\n\nfindings\n[\s\S]*\n\nfaults\n {2}kill +SIGKILL\.\n\nbrokers\n {2}kafka +Kafka\.\n\nmeasures\n {2}sync-send +sync/,
  );
});

test('list --json', async () => {
  const { out } = await printed(listCommand(registries), 'faults', '--json');
  expect(JSON.parse(out)).toEqual({ faults: registries.faults });
  const all = JSON.parse((await printed(listCommand(registries), '--json')).out);
  expect(Object.keys(all)).toEqual(['profiles', 'findings', 'faults', 'brokers', 'measures', 'formats']);
  expect(all.profiles).toContainEqual({ name: 'quick', summary: loadProfile('quick').question });
});
