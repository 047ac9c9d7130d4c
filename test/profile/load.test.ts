// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how a profile refers to a variable
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attached, errorsOf, load, small } from './written.ts';

const oneFault = 'faults:\n  - { at: 40%, do: kill, target: b1, for: 2s }\n';

test('defaults and units', () => {
  expect(load(small())).toEqual({
    version: 1,
    name: 'small',
    question: 'Why?',
    cluster: {
      broker: 'bundled',
      masters: 2,
      slaves: 0,
      flush: 'async',
      flushInterval: 500,
      thoroughFlushInterval: 10_000,
      replication: 'async',
      failover: 'none',
      inSyncReplicas: 1,
      defects: [],
    },
    topic: {},
    producers: {
      count: 2,
      send: 'sync',
      acks: 'all',
      idempotent: false,
      retries: 3,
      retryDelay: 100,
      retryAnotherBroker: true,
      timeout: 3000,
      messages: 20000,
      rate: 2000,
      payload: 256,
    },
    consumers: {
      count: 2,
      groups: 1,
      start: { type: 'at once' },
      sessionTimeout: 6000,
      commit: 'after',
      idempotence: 'none',
    },
    faults: [],
    expect: {},
    limit: 300_000,
  });
});

test.each([
  ['producers: { rate: max }', (p: ReturnType<typeof load>) => p.producers.rate, 'max'],
  ['producers: { payload: 4KiB }', (p: ReturnType<typeof load>) => p.producers.payload, 4096],
  ['producers: { timeout: 1.5s }', (p: ReturnType<typeof load>) => p.producers.timeout, 1500],
  [
    `limit: 2h\nfaults: [{ at: 1h, do: kill, target: b1 }]`,
    (p: ReturnType<typeof load>) => p.faults[0]?.when,
    { type: 'time', afterMs: 3_600_000 },
  ],
  ['consumers: { start: 30% }', (p: ReturnType<typeof load>) => p.consumers.start, { type: 'progress', fraction: 0.3 }],
  ['expect: { recovery: < 10s }', (p: ReturnType<typeof load>) => p.expect.recovery, 10_000],
  ['expect: { acked: ">=95%" }', (p: ReturnType<typeof load>) => p.expect.acked, 0.95],
  [
    'faults: [{ at: 5s, do: kill, target: b1 }]',
    (p: ReturnType<typeof load>) => p.faults[0]?.when,
    { type: 'time', afterMs: 5000 },
  ],
  [
    'faults: [{ after: 50 acked, do: kill, target: leader of 3 }]',
    (p: ReturnType<typeof load>) => p.faults[0],
    { do: 'kill', target: { leader: 3 }, when: { type: 'acked', messages: 50 }, parameters: {} },
  ],
  [
    'faults: [{ at: 1%, do: disk-fail, target: [b1, b2], on: [sync] }, { at: 2%, do: disk-slow, target: b1 }]',
    (p: ReturnType<typeof load>) => p.faults.map(({ target, parameters }) => [target, parameters]),
    [
      [['b1', 'b2'], { on: ['sync'] }],
      ['b1', { delay: '500ms', on: ['sync'] }],
    ],
  ],
])('%s', (line, read, value) => {
  expect(read(load(small(`${line}\n`)))).toEqual(value);
});

test('extends merges maps, replaces lists, and null takes a key away', () => {
  const profile = load({
    'base.yaml': small(`${oneFault}producers: { send: async, window: 7, count: 5 }\nexpect: { lost: 0 }\n`),
    'profile.yaml':
      'version: 1\nextends: base.yaml\nname: over\nproducers: { send: sync, window: null }\nfaults: []\ncluster: { masters: 3 }\n',
  });
  expect(profile).toMatchObject({
    name: 'over',
    question: 'Why?',
    cluster: { broker: 'bundled', masters: 3 },
    producers: { send: 'sync', count: 5 },
    faults: [],
    expect: { lost: 0 },
  });
  expect(profile.producers.window).toBeUndefined();
});

test('extends takes a bundled profile by name', () => {
  const profile = load('version: 1\nextends: quick\nname: more\nproducers: { messages: 5 }\n');
  expect(profile).toMatchObject({ name: 'more', producers: { messages: 5, send: 'async' }, faults: [{ do: 'kill' }] });
});

test('errors point into the file that holds the value', () => {
  const base = small('producers: { count: 0 }\nexpect: { harm: [losst] }\n');
  const lines = errorsOf({
    'base.yaml': base,
    'profile.yaml': 'version: 1\nextends: base.yaml\nexpect: { harm: [undelivred] }\n',
  });
  expect(lines[0]).toBe('base.yaml:5:21 producers.count: expected a whole number from 1 to 64, got 0');
  expect(lines[1]).toMatch(/^profile\.yaml:3:18 expect\.harm\[0\]: .*did you mean 'undelivered'\?$/);
  expect(lines).toHaveLength(2);
});

test('a cluster of another broker replaces the one that is extended', () => {
  const over = 'cluster: { broker: kafka, attach: ["127.0.0.1:9092"] }';
  const profile = load(`version: 1\nextends: quick\nname: more\n${over}\nfaults: []\n`);
  expect(profile.cluster).toMatchObject({ broker: 'kafka', attach: ['127.0.0.1:9092'] });
});

test('extends that goes round', () => {
  const files = { 'profile.yaml': 'version: 1\nextends: b.yaml\n', 'b.yaml': 'version: 1\nextends: ./profile.yaml\n' };
  expect(errorsOf(files)).toEqual([
    'b.yaml:2:10 extends: goes round in a circle: profile.yaml → b.yaml → profile.yaml',
  ]);
});

test('extends of nothing, and of another version', () => {
  expect(errorsOf('version: 1\nextends: nope.yaml\n')).toEqual(['profile.yaml:2:10 extends: nope.yaml: no such file']);
  expect(errorsOf('version: 1\nextends: quikc\n')).toEqual([
    "profile.yaml:2:10 extends: no profile 'quikc': no such file and no bundled profile of that name; did you mean 'quick'?",
  ]);
  expect(errorsOf({ 'profile.yaml': 'version: 1\nextends: b.yaml\n', 'b.yaml': 'version: 3\n' })).toEqual([
    'b.yaml:1:10 version: this is a profile of version 3; this mqchaos reads version 1',
  ]);
});

test('--set changes values, also in lists, and takes keys away', () => {
  const set = [
    'faults.0.for=3s',
    'faults[0].target=b2',
    'producers.rate=max',
    'producers.window=',
    'producers.send=sync',
  ];
  const profile = load(small(`${oneFault}producers: { send: async, window: 5 }\n`), { set });
  expect(profile.faults).toEqual([
    { when: { type: 'progress', fraction: 0.4 }, do: 'kill', target: 'b2', for: 3000, parameters: {} },
  ]);
  expect(profile.producers).toMatchObject({ rate: 'max', send: 'sync' });
  expect(load(small(), { set: ['consumers={count: 3}', 'consumers.groups=2'] }).consumers).toMatchObject({
    count: 3,
    groups: 2,
  });
});

test.each([
  [
    'faults.0.for=3x',
    "--set faults.0.for=3x faults[0].for: expected a duration from 0ms to 24h, such as 3s, 100ms or 5m, got '3x'",
  ],
  ['faults.1.for=3s', '--set faults.1.for=3s faults: no entry 1: the list has 1, counted from 0'],
  ['name.x=3', "--set name.x=3 name: is a single value and has no key 'x'"],
  ['nonsense', '--set nonsense: expected key=value, such as producers.rate=500/s'],
  ['a..b=1', '--set a..b=1: expected key=value, such as producers.rate=500/s'],
  ['limit=[', '--set limit=[: not YAML: Flow sequence must end with a ]'],
  ['produces.count=1', "--set produces.count=1 produces: unknown key; did you mean 'producers'?"],
])('--set %s', (assignment, line) => {
  expect(errorsOf(small(oneFault), { set: [assignment] })).toEqual([line]);
});

test('variables: required, with default, with message, escaped', () => {
  const env = { COUNT: '5', EMPTY: '', Q: 'Really?' };
  const text = small('producers:\n  count: ${COUNT}\n  rate: ${RATE:-70}/s\n  retries: ${EMPTY:-2}\n').replace(
    'Why?',
    () => '"${Q} Is $${HOME} kept?"',
  );
  expect(load(text, { env })).toMatchObject({
    question: 'Really? Is ${HOME} kept?',
    producers: { count: 5, rate: 70, retries: 2 },
  });
  expect(
    errorsOf(small('producers:\n  count: ${COUNT}\n  rate: ${RATE?set it to messages a second}\n  window: ${1X}\n')),
  ).toEqual([
    'profile.yaml:6:10 producers.count: environment variable COUNT is not set',
    'profile.yaml:7:9 producers.rate: environment variable RATE is not set: set it to messages a second',
    'profile.yaml:8:11 producers.window: expected ${NAME}, ${NAME:-default} or ${NAME?message}, got ${1X}',
  ]);
});

test('a variable in quotes stays text', () => {
  expect(errorsOf(small('producers: { count: "${COUNT}" }\n'), { env: { COUNT: '5' } })).toEqual([
    "profile.yaml:5:21 producers.count: expected a whole number from 1 to 64, got '5'",
  ]);
});

test('addresses from a variable', () => {
  const text = attached(['attach: ${BROKERS:-localhost:9092}']);
  expect(load(text).cluster).toMatchObject({ attach: ['localhost:9092'] });
  const env = { BROKERS: '127.0.0.1:1,localhost:2' };
  expect(load(text, { env }).cluster).toMatchObject({ attach: ['127.0.0.1:1', 'localhost:2'] });
});

test('another machine is allowed by the profile or by the caller, and the plan will know', () => {
  const remote = { broker: 'kafka', attach: ['kafka.example.com:9092'], allowRemote: true };
  expect(load(attached(['attach: [kafka.example.com:9092]', 'allowRemote: true'])).cluster).toMatchObject(remote);
  expect(load(attached(['attach: [kafka.example.com:9092]']), { allowRemote: true }).cluster).toMatchObject(remote);
});

test('commands are left to their shell', () => {
  const node = '{ id: n1, address: localhost:1, start: "run ${X}", kill: kill $(cat pid) }';
  expect(load(attached(['attach: [localhost:1]', `control: [${node}]`])).cluster).toMatchObject({
    control: [{ start: 'run ${X}', kill: 'kill $(cat pid)' }],
  });
});

test('whatever is in the file, loading gives a profile or a ToolError', () => {
  const key = fc.constantFrom('version', 'name', 'cluster', 'faults', 'expect', 'limit', '__proto__', 'extends');
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      fc.constantFrom(1, null, true, '40%', '3s', 'b1', '${X}', '<<'),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(key, tie('any'), { maxKeys: 4 }),
    ),
  })).any;
  fc.assert(
    fc.property(fc.dictionary(key, value), (root) => {
      const text = JSON.stringify({ ...root, version: 1 });
      try {
        load(text);
      } catch (error) {
        expect(error).toMatchObject({ name: 'ToolError', exitCode: 2 });
      }
    }),
    { numRuns: 300 },
  );
});
