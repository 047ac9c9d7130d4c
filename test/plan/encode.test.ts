// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how a profile refers to a variable
import { expect, test } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { decodePlan, encodePlan } from '../../src/plan/encode.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { loadProfile } from '../../src/profile/load.ts';
import { attached, caught, load } from '../profile/written.ts';

const plan = compilePlan(loadProfile('quick'), 7);
const changed = (change: object): string => JSON.stringify({ ...plan, ...change });
const remote = attached(['attach: [kafka.example.com:1]']);

test('the order of keys is the format, not the order in which they were made', () => {
  const backwards = Object.fromEntries(Object.entries(plan).toReversed()) as unknown as Plan;
  expect(encodePlan(backwards)).toBe(encodePlan(plan));
  expect(decodePlan(encodePlan(plan), 'plan.json')).toEqual(plan);
});

test.each([
  ['another version', changed({ version: 2 }), 'plan.json: a plan of version 2; this mqchaos follows version 1'],
  ['no JSON', 'version: 1', /^plan\.json: not a plan: /],
  ['a list', '[]', /^plan\.json: Invalid input: expected object/],
  ['no version', '{}', /^plan\.json version: /m],
  ['an unknown key', changed({ more: 1 }), /^plan\.json: Unrecognized key: "more"$/],
  ['a seed that is none', changed({ seed: -1 }), /^plan\.json seed: /],
  [
    'a limit that no timer takes',
    changed({ limitMs: 2 ** 31 }),
    'plan.json limitMs: Too big: expected number to be <=86400000',
  ],
  ['an unknown fault', changed({ faults: [{ ...plan.faults[0], do: 'melt' }] }), /^plan\.json faults\[0\]\.do: /],
  [
    'a target that is not there',
    changed({ faults: [{ ...plan.faults[0], target: { type: 'nodes', nodes: ['b1', 'b9'] } }] }),
    "plan.json faults[0].target: no 'b9' in this plan: it has ns, b1, b2",
  ],
  [
    'a secret',
    changed({
      cluster: {
        broker: 'kafka',
        attach: ['localhost:1'],
        control: [],
        sasl: { mechanism: 'plain', username: 'u', password: 'p' },
      },
      faults: [],
    }),
    'plan.json cluster.sasl.password: expected ${NAME}: a plan holds no secret',
  ],
])('%s', (_, text, message) => {
  const error = caught(() => decodePlan(text, 'plan.json'));
  if (typeof message === 'string') expect(error.message).toBe(message);
  else expect(error.message).toMatch(message);
  expect(error.exitCode).toBe(2);
  expect(error.hint).toBeTruthy();
});

test('a plan for another machine carries the consent, or asks for it', () => {
  const text = encodePlan(compilePlan(load(remote, { allowRemote: true }), 1));
  expect(decodePlan(text, 'plan.json').cluster).toMatchObject({ allowRemote: true });
  const without = text.replace(/,\s*"allowRemote": true/, '');
  expect(caught(() => decodePlan(without, 'plan.json')).message).toBe(
    'plan.json cluster.attach: kafka.example.com:1 is not this machine',
  );
  expect(decodePlan(without, 'plan.json', true).cluster.broker).toBe('kafka');
});

test('a plan of before there were slaves and parameters means the same', () => {
  const { cluster, ...rest } = plan;
  const old = JSON.stringify({ ...rest, cluster: { broker: 'bundled', masters: 2 } });
  expect(cluster).toMatchObject({ slaves: 0, flush: 'async', flushIntervalMs: 500 });
  expect(decodePlan(old, 'plan.json')).toEqual(plan);
});

test('parameters of a fault are held to its schema', () => {
  const withFault = (change: object): string => changed({ faults: [{ ...plan.faults[0], ...change }] });
  const torn = { do: 'power-loss', parameters: { torn: true } };
  expect(decodePlan(withFault(torn), 'plan.json').faults[0]).toMatchObject(torn);
  const wrong = [
    [{ do: 'power-loss', parameters: { torn: 'a bit' } }, 'faults[0].parameters.torn: expected true or false'],
    [{ do: 'kill', parameters: { torn: true } }, 'faults[0].parameters: Unrecognized key'],
    [{ do: 'disk-slow', parameters: { delay: '2h' } }, 'faults[0].parameters.delay: expected a duration'],
  ] as const;
  for (const [change, text] of wrong) {
    expect(caught(() => decodePlan(withFault(change), 'plan.json')).message).toContain(text);
  }
});
