import { describe, expect, test } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { describePlan } from '../../src/plan/describe.ts';
import { decodePlan, encodePlan } from '../../src/plan/encode.ts';
import { caught, errorsOf, load, small } from './written.ts';

const consumers = (lines: string): string => small(`consumers:\n${lines}`);

describe('an effect', () => {
  test('is in the plan with references only, and comes back', () => {
    const text = consumers(
      `  commit: before\n  effect: { store: postgres, url: "\${PG}" }\n  idempotence: primary-key\n`,
    );
    const plan = compilePlan(load(text, { env: { PG: 'postgres://me:hush@db/x' } }), 1);
    expect(plan.consumers).toMatchObject({
      commit: 'before',
      effect: { store: 'postgres', url: `\${PG}`, idempotence: 'primary-key' },
    });
    expect(encodePlan(plan)).not.toContain('hush');
    expect(decodePlan(encodePlan(plan), 'plan.json')).toEqual(plan);
    expect(describePlan(plan)).toContain(
      `effect in postgres (\${PG}), idempotence primary-key, acknowledged before processing`,
    );
  });

  test.each([
    ['  idempotence: redis-id\n', 'consumers.idempotence: goes with consumers.effect, and there is none'],
    ['  effect: { store: mongo }\n', "consumers.effect.store: expected 'sqlite' | 'postgres' | 'mariadb' | 'redis'"],
    ['  effect: { store: postgres }\n', `consumers.effect.url: postgres needs a url: \${NAME}`],
    [
      '  effect: { store: sqlite }\n  idempotence: redis-set\n',
      'consumers.idempotence: redis-set needs its effect in redis',
    ],
    [
      '  effect: { store: redis }\n  form: id-first\n',
      "consumers.form: none has no form 'id-first'; it is one of plain",
    ],
    [
      '  effect: { store: redis }\n  idempotence: redis-id\n  form: expiring\n',
      'redis-id (expiring) needs to know when',
    ],
    [`  effect: { store: sqlite, url: "\${X}" }\n`, 'consumers.effect.url: sqlite is a file of the run and has no url'],
  ])('%j', (lines, message) => {
    expect(errorsOf(consumers(lines)).join('\n')).toContain(message);
  });

  test('a URL in the clear is refused and not repeated', () => {
    const lines = errorsOf(consumers('  effect: { store: redis, url: "redis://:hush@host" }\n')).join('\n');
    expect(lines).toContain(`consumers.effect.url: expected \${NAME}`);
    expect(lines).not.toContain('hush');
    const set = caught(() =>
      load(small(), { set: ['consumers.effect.store=redis', 'consumers.effect.url=redis://:hush@h'] }),
    );
    expect(set.message).not.toContain('hush');
  });

  test('a plan is held to the same', () => {
    const plan = compilePlan(load(consumers('  effect: { store: sqlite }\n')), 1);
    const wrong = encodePlan(plan).replace('"idempotence": "none"', '"idempotence": "redis-id"');
    expect(() => decodePlan(wrong, 'plan.json')).toThrow('redis-id needs its effect in redis, not in sqlite');
    const without: { consumers: { commit?: string } } = JSON.parse(encodePlan(plan));
    delete without.consumers.commit;
    expect(decodePlan(JSON.stringify(without), 'plan.json')).toEqual(plan);
  });
});

describe.each(['kill-at', 'pause-at'])('%s', (name) => {
  const fault = (rest: string): string => small(`faults: [{ at: 10%, do: ${name}, ${rest} }]\n`);

  test('names its point and count, with defaults', () => {
    const plan = compilePlan(load(fault('target: c2, point: before effect, count: 30, for: 1s')), 1);
    expect(plan.faults[0]).toMatchObject({
      parameters: { point: 'before effect', count: 30 },
      target: { workers: ['c2'] },
    });
    expect(load(fault('target: consumers')).faults[0]?.parameters).toEqual({
      point: name === 'kill-at' ? 'after effect' : 'before effect',
      count: 1,
    });
  });

  test.each([
    ['target: p1', 'is done to consumers; p1 is none'],
    ['target: master', 'is done to consumers; master is none'],
    ['target: leader of 0', 'is done to consumers; leader of 0 is none'],
    [
      'target: c1, point: in effect',
      "expected 'after receive' | 'before effect' | 'after effect' | 'before move' | 'after move' | 'after ack sent'",
    ],
    ['target: c1, count: 0', 'faults[0].count: expected a whole number from 1 to 1000000, got 0'],
  ])('%s', (rest, message) => {
    expect(errorsOf(fault(rest)).join('\n')).toContain(message);
  });
});

describe('a fault of the store', () => {
  const fault = (effect: string, rest = 'do: kill, target: store', more = ''): string =>
    consumers(`  effect: ${effect}\n${more}faults: [{ at: 10%, ${rest}, for: 1s }]\n`);

  test("is done to the run's own Redis, of ids as of effects, and to a server with a way to it", () => {
    const target = (source: string) => compilePlan(load(source), 1).faults[0]?.target;
    expect(target(fault('{ store: redis }'))).toEqual({ type: 'nodes', nodes: ['store'] });
    const ids = '  idempotence: redis-id\n  form: effect-first\n';
    expect(target(fault('{ store: sqlite }', 'do: pause, target: ids', ids))).toEqual({
      type: 'nodes',
      nodes: ['ids'],
    });
    const control = `{ store: postgres, url: "\${PG}", control: { address: "127.0.0.1:5432", kill: "kill -9 $PID", start: run } }`;
    const plan = compilePlan(load(fault(control)), 1);
    expect(plan.consumers.storeControl).toEqual({ address: '127.0.0.1:5432', kill: 'kill -9 $PID', start: 'run' });
    expect(decodePlan(encodePlan(plan), 'plan.json')).toEqual(plan);
  });

  const url = `url: "\${PG}"`;
  test.each([
    [fault('{ store: sqlite }'), "'store' is a file here: SQLite has no process to act on"],
    [fault(`{ store: postgres, ${url} }`), 'say under consumers.effect.control how to reach its process'],
    [fault('{ store: redis }', 'do: kill, target: ids'), 'no Redis is started for ids alone'],
    [fault('{ store: redis }', 'do: power-loss, target: store'), 'power-loss is done to brokers; store is none'],
    [
      fault(`{ store: postgres, ${url}, control: { address: "h:1", kill: x } }`),
      'kill of the store needs consumers.effect.control.start',
    ],
    [
      small('faults: [{ at: 1%, do: kill, target: store, for: 1s }]\n'),
      "no 'store' here: processing has no consumers.effect",
    ],
  ])('%s', (source, message) => {
    expect(errorsOf(source).join('\n')).toContain(message);
  });
});
