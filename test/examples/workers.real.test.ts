/**
 * The workers of examples/, each with the client library of its language: they pass the check, are killed in runs, and the
 * mistake that one of them makes when it is told to is found.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertEffectSums } from '../../src/audit/counts.ts';
import { packageFolder } from '../../src/cluster/program.ts';
import { kafka } from '../../src/products/kafka/product.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { missingKafka, startKafka } from '../support/kafka.ts';
import { missingPrograms } from '../support/product-cluster.ts';
import { Workspace } from '../support/tool.ts';

const examples = join(packageFolder, 'examples');
const installed = join(packageFolder, 'test', '.cache', 'workers');
const python = join(installed, 'venv', 'bin', 'python3');
const missing = missingWorkers();
const noKafka = await missingPrograms(kafka);

/** Why they cannot be run here; undefined: they can. @throws Error in CI when they cannot be installed. */
function missingWorkers(): string | undefined {
  const there = (): boolean => [python, join(installed, 'producer'), join(installed, 'consumer')].every(existsSync);
  if (there()) return undefined;
  const script = join(packageFolder, 'scripts', 'install-example-workers.sh');
  if (process.env.CI === 'true') execFileSync(script, { stdio: 'inherit' });
  return there() ? undefined : 'the workers of examples/ are not installed: run scripts/install-example-workers.sh';
}

/** As somebody who has activated the virtual environment. */
const env = { PATH: `${join(installed, 'venv', 'bin')}:${process.env.PATH}` };

async function carriedOut(
  profile: string,
  sets: readonly string[],
  more: readonly string[] = [],
): Promise<{ code: number | null; record: RunRecord }> {
  using workspace = new Workspace();
  const changes = sets.flatMap((set) => ['--set', set]);
  const args = ['run', join(examples, profile), '--seed', '1', '--out', 'run', '--json', ...changes, ...more];
  const { code, stdout, stderr } = await workspace.run(args, env);
  if (stdout === '') throw new Error(`no record:\n${stderr}`);
  return { code, record: JSON.parse(stdout) as RunRecord };
}

const inPython = [
  `producers.command=[python3, ${join(examples, 'python', 'producer.py')}]`,
  `consumers.command=[python3, ${join(examples, 'python', 'consumer.py')}, "2"]`,
];
const inGo = [
  `producers.command=[${join(installed, 'producer')}]`,
  `consumers.command=[${join(installed, 'consumer')}, 2ms]`,
];

describe.skipIf(missing !== undefined)(`workers of one's own${missing === undefined ? '' : `: ${missing}`}`, () => {
  it.each([
    ['producer', 'Python', ['python3', join(examples, 'python', 'producer.py')]],
    ['consumer', 'Python', ['python3', join(examples, 'python', 'consumer.py')]],
    ['producer', 'Go', [join(installed, 'producer')]],
    ['consumer', 'Go', [join(installed, 'consumer')]],
  ])('the %s in %s passes every step of the check', async (role, _, argv) => {
    using workspace = new Workspace();
    const { code, stdout } = await workspace.run(['worker', 'check', '--role', role, '--', ...argv], env);
    expect(code, stdout).toBe(0);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('✓')),
    ).toEqual([]);
  });

  it('a consumer that commits after it has processed loses nothing, however it is killed', async () => {
    const { code, record } = await carriedOut('python/commit-after.yaml', inPython);
    expect(code, record.verdict.reasons.join()).toBe(0);
    assertEffectSums(record.counts);
    expect(record.counts).toMatchObject({ attempted: 3000, lost: 0, skipped: 0, unprocessed: 0 });
    expect(record.faults).toHaveLength(3);
  });

  it('the same one, told to commit before, leaves messages unprocessed, and the run says which kill took them', async () => {
    const { code, record } = await carriedOut('python/commit-before.yaml', inPython);
    expect(code, record.verdict.reasons.join()).toBe(1);
    assertEffectSums(record.counts);
    expect(record.counts).toMatchObject({ lost: 0, skipped: 0 });
    const found = record.findings.find(({ class: name }) => name === 'unprocessed');
    expect(found?.count).toBeGreaterThan(0);
    expect(found?.examples.every(({ fault }) => fault === 'f1' || fault === 'f2')).toBe(true);
  });

  it('in Go they are killed too, and nothing is lost', async () => {
    const { code, record } = await carriedOut('go/workers.yaml', inGo);
    expect(code, record.verdict.reasons.join()).toBe(0);
    expect(record.counts).toMatchObject({ attempted: 3000, lost: 0, skipped: 0, unprocessed: 0 });
  });

  it.skipIf(noKafka !== undefined)(
    `on a real Kafka${noKafka === undefined ? '' : `: ${noKafka}`}: both languages`,
    async () => {
      const more = ['--broker', 'kafka', '--set', 'consumers.sessionTimeout=6s'];
      const mixed = [inPython[0] as string, inGo[1] as string];
      const { code, record } = await carriedOut('go/workers.yaml', mixed, more);
      expect(code, record.verdict.reasons.join()).toBe(0);
      expect(record.counts).toMatchObject({ attempted: 3000, lost: 0, skipped: 0, unprocessed: 0 });
    },
  );

  const noSecured = missingKafka();
  it.skipIf(noSecured !== undefined)(
    `over TLS with a login${noSecured === undefined ? '' : `: ${noSecured}`}: secrets reach the workers, and no file`,
    async () => {
      await using broker = await startKafka();
      using workspace = new Workspace();
      writeFileSync(join(workspace.folder, 'secured.yaml'), securedProfile(broker.secured));
      const args = ['run', 'secured.yaml', '--seed', '1', '--out', 'run', '--json'];
      const { code, stdout, stderr } = await workspace.run(args, { ...env, KAFKA_PASSWORD: 'secret' });
      expect(code, stderr).toBe(0);
      const { counts } = JSON.parse(stdout) as RunRecord;
      expect(counts).toMatchObject({ attempted: 500, acked: 500, ackedDelivered: 500, unprocessed: 0 });
      const run = join(workspace.folder, 'run');
      const files = readdirSync(run, { recursive: true, encoding: 'utf8' }).filter((name) =>
        statSync(join(run, name)).isFile(),
      );
      const telling = files.filter((name) =>
        /"secret"|BEGIN CERTIFICATE/.test(readFileSync(join(run, name), 'latin1')),
      );
      expect(telling).toEqual([]);
    },
  );
});

function securedProfile(address: string): string {
  return `version: 1
name: secured
question: Do workers of one's own reach a broker that wants TLS and a login?
cluster:
  broker: kafka
  attach: ["${address}"]
  tls: { ca: ${join(packageFolder, 'test', 'support', 'tls', 'cert.pem')} }
  sasl: { mechanism: scram-sha-512, username: alice, password: "\${KAFKA_PASSWORD}" }
producers: { command: [python3, ${join(examples, 'python', 'producer.py')}], count: 1, messages: 500, rate: 500/s }
consumers: { command: [${join(installed, 'consumer')}], count: 1 }
`;
}

it('the packages of the examples are pinned to what Debian 12 can build', () => {
  expect(readFileSync(join(examples, 'go', 'go.mod'), 'utf8')).toMatch(/^go 1\.19$/m);
});
