// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how a profile refers to a variable
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { encodePlan } from '../../src/plan/encode.ts';
import { resolveSecrets } from '../../src/profile/secrets.ts';
import { attached, caught, errorsOf, load, written } from './written.ts';

const env = { KAFKA_PASSWORD: 'hunter2', KAFKA_USER: 'alice', KEY: '-----BEGIN PRIVATE KEY-----\nabc' };

function securedPlan(tls: string) {
  const text = attached([
    'attach: [localhost:9092]',
    'sasl: { mechanism: scram-sha-256, username: "${KAFKA_USER}", password: "${KAFKA_PASSWORD?ask the admin}" }',
    `tls: ${tls}`,
  ]);
  return compilePlan(load(text, { env }), 1);
}

test('secrets stay references in the plan and are read when asked', () => {
  const folder = written({ 'ca.pem': '-----BEGIN CERTIFICATE-----\nxyz' });
  const plan = securedPlan(`{ ca: ${join(folder, 'ca.pem')}, key: "\${KEY}", servername: kafka }`);
  const text = encodePlan(plan);
  expect(text).not.toMatch(/hunter2|alice|PRIVATE/);
  expect(text).toContain('${KAFKA_PASSWORD?ask the admin}');
  expect(resolveSecrets(plan.cluster, env)).toEqual({
    sasl: { mechanism: 'scram-sha-256', username: 'alice', password: 'hunter2' },
    tls: { ca: '-----BEGIN CERTIFICATE-----\nxyz', key: env.KEY, servername: 'kafka' },
  });
});

test('what cannot be read when the run connects', () => {
  const { cluster } = securedPlan('{}');
  const error = caught(() => resolveSecrets(cluster, { KAFKA_USER: 'alice' }));
  expect(error.message).toBe('cluster.sasl.password: environment variable KAFKA_PASSWORD is not set');
  expect(error).toMatchObject({ exitCode: 2, hint: 'ask the admin' });
  const missing = caught(() => resolveSecrets(securedPlan('{ ca: nope.pem }').cluster, env));
  expect(missing.message).toMatch(/^cluster\.tls\.ca: cannot read the file: ENOENT/);
});

test('a cluster that needs no login has no secrets', () => {
  expect(resolveSecrets({}, {})).toEqual({});
});

test.each([
  ['password: hunter2', 'a secret does not belong in a profile; write ${NAME} and set that environment variable'],
  ['password: "${X:-hunter2}"', 'expected ${NAME} or ${NAME?message} alone: it is read when the run connects'],
  ['password: 12345', 'expected text'],
])('%s is refused and not repeated', (password, message) => {
  const text = attached(['attach: [localhost:1]', 'sasl:', '  mechanism: plain', '  username: u', `  ${password}`]);
  const lines = errorsOf(text);
  expect(lines).toContain(`profile.yaml:10:15 cluster.sasl.password: ${message}`);
  expect(lines.join()).not.toMatch(/hunter2|12345/);
});

test('a private key in a profile is refused', () => {
  const text = attached(['attach: [localhost:1]', 'tls: { key: "-----BEGIN PRIVATE KEY-----" }']);
  expect(errorsOf(text)[0]).toMatch(/cluster\.tls\.key: a secret does not belong in a profile/);
});

test('nor does --set repeat one', () => {
  const text = attached(['attach: [localhost:1]', 'sasl: { mechanism: plain, username: u }']);
  const lines = errorsOf(text, { set: ['cluster.sasl.password=hunter2'] });
  expect(lines).toEqual([
    '--set cluster.sasl.password=… cluster.sasl.password: a secret does not belong in a profile; write ${NAME} and set that environment variable',
  ]);
});
