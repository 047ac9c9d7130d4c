import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compilePlan } from '../../../src/plan/compile.ts';
import { durability } from '../../../src/products/rabbitmq/durability.ts';
import { loadProfile } from '../../../src/profile/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'mqchaos-rabbitmq-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** What the profile promises: undefined where nothing may be lost, else why it may. */
function loss(cluster: string, faults: string, more = ''): string | undefined {
  const file = join(folder, `${++files}.yaml`);
  writeFileSync(
    file,
    `version: 1\nname: t\nquestion: Is it so?\ncluster: { broker: rabbitmq, ${cluster} }\nfaults: [${faults}]\n${more}`,
  );
  const { loses, because } = durability(compilePlan(loadProfile(file, { env: {} }), 1));
  return loses ? because : undefined;
}

const kill = (target: string) => `{ at: 50%, do: kill, target: ${target}, for: 1s }`;
const wipe = (target: string) => `{ at: 50%, do: disk-loss, target: ${target}, for: 1s }`;
const redelivery = 'consumers: { redelivery: { attempts: 3 } }\n';

describe('nothing may be lost', () => {
  test.each([
    ['nodes: 1', ''],
    ['nodes: 1, persistent: false', ''], // nothing happens
    ['nodes: 1, persistent: false', kill('epmd')], // which holds no messages
    ['nodes: 1, durable: false', kill('consumers')],
    ['nodes: 1', kill('rabbit1')],
    ['nodes: 3', kill('all')],
    ['nodes: 3', wipe('one')],
    ['nodes: 3, queue: quorum, mandatory: false', kill('rabbit1')],
    ['nodes: 5', `${wipe('rabbit1')}, ${wipe('rabbit2')}`],
    ['nodes: 1, maxLength: 10, overflow: reject-publish', kill('rabbit1')],
  ])('%s; %s', (cluster, faults) => {
    expect(loss(cluster, faults)).toBeUndefined();
  });

  test('what moves at least once', () => {
    expect(loss('queue: quorum, deadLetter: at-least-once', kill('rabbit1'), redelivery)).toBeUndefined();
  });
});

describe('what may be lost, and why', () => {
  test.each([
    ['nodes: 1, maxLength: 10', '', /drops its oldest/],
    ['nodes: 1, persistent: false', kill('rabbit1'), /transient messages go with the kill of rabbit1/],
    ['nodes: 1, durable: false', '{ at: 50%, do: restart, target: rabbit1 }', /queues that are not durable go with/],
    ['nodes: 3, queue: classic, mandatory: false', kill('rabbit1'), /acknowledged and forgotten/],
    ['nodes: 3, mandatory: false', wipe('rabbit1'), /acknowledged and forgotten/],
    ['nodes: 3, queue: classic', wipe('one'), /a classic queue is on one node/],
    ['nodes: 1, queue: quorum', wipe('rabbit1'), /may take 1 of 1 copies/],
    ['nodes: 3', `${wipe('rabbit1')}, ${wipe('rabbit2')}`, /may take 2 of 3 copies/],
    [
      'attach: localhost:5672, persistent: false, queue: classic, control: [{id: r, address: "localhost:5672", kill: k, start: s}]',
      kill('r'),
      /transient/,
    ],
  ])('%s; %s', (cluster, faults, why) => {
    expect(loss(cluster, faults)).toMatch(why);
  });

  test('what moves at most once', () => {
    expect(loss('queue: quorum', kill('rabbit1'), redelivery)).toMatch(/at most once/);
  });

  test('what is on its way to a consumer, with automatic acknowledgements', () => {
    expect(loss('nodes: 1', kill('consumers'), 'consumers: { commit: before }\n')).toMatch(/automatic/);
  });
});
