import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FindingClass, findingClasses } from '../../src/audit/class.ts';
import { faults as faultTypes } from '../../src/faults/registry.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import { alwaysAllowed, contractOf } from '../../src/plan/contract.ts';
import type { FaultPlan, Plan } from '../../src/plan/plan.ts';
import { taken } from '../../src/plan/taken.ts';
import type { BundledPlan } from '../../src/products/bundled/settings.ts';
import { included } from '../../src/products/registry.ts';
import { loadProfile } from '../../src/profile/load.ts';
import { bundledProfiles } from '../../src/profile/text/find.ts';
import { attached, errorsOf, load, small } from '../profile/written.ts';

type Bundled = BundledPlan;
type Effect = NonNullable<Plan['consumers']['effect']>;

interface Setting {
  readonly cluster?: Partial<Bundled>;
  readonly producers?: Partial<Plan['producers']>;
  readonly consumers?: Partial<Plan['consumers']>;
}

const calm = compilePlan(load(small()), 1);
const stored = ['lost', 'rolled-back', 'skipped'] as const satisfies readonly FindingClass[];

function planned({ cluster, producers, consumers }: Setting, faults: readonly string[] = []): Plan {
  return {
    ...calm,
    cluster: { ...(calm.cluster as Bundled), masters: 1, ...cluster },
    producers: { ...calm.producers, ...producers },
    consumers: { ...calm.consumers, ...consumers },
    faults: faults.map((text, i) => fault(text, i + 1)),
  };
}

/** `kill b1,b1s1`, `power-loss leader`, `kill c1`. */
function fault(text: string, number: number): FaultPlan {
  const [name, whom = ''] = text.split(' ');
  const names = whom.split(',');
  const target: FaultPlan['target'] =
    whom === 'leader'
      ? { type: 'leader', partition: 0 }
      : /^[pc]\d/.test(whom)
        ? { type: 'workers', workers: names }
        : { type: 'nodes', nodes: names };
  return { id: `f${number}`, do: name as FaultPlan['do'], target, trigger: { type: 'progress', fraction: 0.5 } };
}

function allowedIn(plan: Plan): FindingClass[] {
  const contract = contractOf(plan);
  return findingClasses.filter((name) => contract[name].allowed && !alwaysAllowed.includes(name));
}

function loses(setting: Setting, ...faults: string[]): boolean {
  return contractOf(planned(setting, faults)).lost.allowed;
}

describe('the table of docs/broker.md', () => {
  const faults = {
    kill: ['kill b1'],
    'power cut': ['power-loss b1'],
    'power cut of both': ['power-loss b1,b1s1'],
    'disk loss': ['disk-loss b1', 'promote b1s1'],
  };
  const [no, may] = [false, true];
  const table = {
    'sync none': [no, no, no, may],
    'sync async': [no, no, no, may],
    'sync sync': [no, no, no, no],
    'async none': [no, may, may, may],
    'async async': [no, may, may, may],
    'async sync': [no, no, may, no],
  };
  const cells = Object.entries(table).flatMap(([row, promised]) =>
    Object.keys(faults).map((column, i) => [row, column, promised[i] as boolean] as const),
  );

  test.each(cells)('flush and replication %s, %s: may lose %s', (row, column, may) => {
    const [flush, replication] = row.split(' ') as [Bundled['flush'], string];
    const copies = { slaves: replication === 'none' ? 0 : 1, replication: replication === 'sync' ? 'sync' : 'async' };
    const plan = planned(
      { cluster: { flush, ...copies } as Partial<Bundled> },
      faults[column as keyof typeof faults].map((text) => (replication === 'none' ? text.replace(',b1s1', '') : text)),
    );
    const contract = contractOf(plan);
    expect(Object.fromEntries(stored.map((name) => [name, contract[name].allowed]))).toEqual(
      Object.fromEntries(stored.map((name) => [name, may])),
    );
  });
});

describe('what was stored', () => {
  const one: Setting = { cluster: { slaves: 1 } };
  const copied: Setting = { cluster: { slaves: 1, replication: 'sync' } };
  const copiedTwice: Setting = { cluster: { slaves: 2, replication: 'sync' } };

  test('of every fault it is known what it takes', () => {
    expect(Object.keys(taken).sort()).toEqual(faultTypes.map(({ name }) => name).sort());
  });
  test('only a power cut takes what was not synced, only from who leads', () => {
    const others = ['kill', 'stop', 'restart', 'pause', 'disk-fail', 'disk-full', 'disk-slow'].map(
      (name) => `${name} b1`,
    );
    expect(loses({}, ...others)).toBe(false);
    expect(loses(one, 'power-loss b1s1')).toBe(false);
    expect(loses(one, 'power-loss leader')).toBe(true);
    expect(loses(one, 'disk-loss b1s1')).toBe(false);
    expect(loses(one, 'disk-loss b1')).toBe(true);
    expect(loses({}, 'power-loss c1')).toBe(false);
  });
  test('copies: two must go, whenever they go', () => {
    expect(loses(copied, 'pause b1s1', 'power-loss b1')).toBe(false);
    expect(loses(copied, 'power-loss b1', 'power-loss b1s1')).toBe(true);
    expect(loses(copied, 'disk-loss b1', 'power-loss b1s1')).toBe(true);
    expect(loses(copiedTwice, 'power-loss b1,b1s1')).toBe(true);
    expect(loses(copiedTwice, 'power-loss b1s1,b1s2')).toBe(false);
    expect(loses({ cluster: { ...copied.cluster, inSyncReplicas: 2 } }, 'power-loss b1')).toBe(false);
    expect(loses({ ...copied, producers: { acks: 'one' } }, 'power-loss b1')).toBe(true);
  });
  test('what only the leader acknowledged was shown to nobody', () => {
    const { lost, ...rest } = contractOf(planned({ ...copied, producers: { acks: 'one' } }, ['power-loss b1']));
    expect([lost.allowed, rest['rolled-back'].allowed, rest.skipped.allowed]).toEqual([true, false, false]);
  });
  test('failover and promotion', () => {
    const unclean = (setting: Setting): Setting => ({ cluster: { ...setting.cluster, failover: 'unclean' } });
    const inSync = (setting: Setting): Setting => ({ cluster: { ...setting.cluster, failover: 'in-sync' } });
    expect(loses(unclean(one), 'kill b1')).toBe(true);
    expect(loses(unclean(one), 'kill ns')).toBe(true);
    expect(loses(unclean(copied), 'kill b1')).toBe(false);
    expect(loses(unclean(copied), 'power-loss b1s1')).toBe(false);
    expect(loses(unclean(copied), 'power-loss b1s1', 'kill b1')).toBe(true);
    expect(loses(unclean(copiedTwice), 'kill b1')).toBe(true);
    expect(loses(inSync(copied), 'kill leader', 'power-loss leader')).toBe(false);
    expect(loses(inSync(copied), 'power-loss leader', 'power-loss leader')).toBe(true);
    expect(loses(one, 'promote b1s1')).toBe(true);
    expect(loses(copied, 'kill b1', 'promote b1s1')).toBe(false);
    expect(loses(copied, 'power-loss b1s1', 'promote b1s1')).toBe(true);
    expect(loses(copiedTwice, 'promote b1s1')).toBe(true);
  });
  test('a oneway send promises nothing that could be lost', () => {
    const contract = contractOf(planned({ producers: { send: 'oneway', retries: 0 } }, ['power-loss b1']));
    expect(stored.map((name) => contract[name].allowed)).toEqual([false, false, false]);
    expect(contract.undelivered).toMatchObject({ allowed: true, because: expect.stringContaining('oneway') });
  });
  test('a defect is no excuse', () => {
    const setting: Setting = { cluster: { flush: 'sync', defects: ['ack-before-flush'] } };
    const { lost } = contractOf(planned(setting, ['power-loss b1']));
    expect(lost.allowed).toBe(false);
    expect(lost.because).toContain('ack-before-flush');
  });
  test('the words name the settings and the fault', () => {
    const { lost } = contractOf(planned({}, ['power-loss b1']));
    expect(lost.because).toBe(
      'an asynchronous flush (every 500ms, or 10s when little is written) may lose what came last before the power cut of b1 (f1)',
    );
  });
});

describe('what clients do', () => {
  const allows = (setting: Setting, name: FindingClass, ...faults: string[]): boolean =>
    contractOf(planned(setting, faults))[name].allowed;

  test('stored twice: by a retry for want of an answer', () => {
    expect(allows({}, 'duplicate-stored', 'kill b1')).toBe(true);
    expect(allows({}, 'duplicate-stored', 'pause p1')).toBe(true);
    expect(allows({ producers: { retries: 0 } }, 'duplicate-stored', 'kill b1')).toBe(false);
    expect(allows({}, 'duplicate-stored')).toBe(false);
    expect(allows({}, 'duplicate-stored', 'kill c1')).toBe(false);
    expect(allows({ cluster: { slaves: 1 } }, 'duplicate-stored', 'kill b1s1')).toBe(false);
    expect(allows({ cluster: { slaves: 1, replication: 'sync' } }, 'duplicate-stored', 'kill b1s1')).toBe(true);
  });
  test('kafkajs and idempotent sends', () => {
    expect(allows({ producers: { idempotent: true, window: 100 } }, 'lost', 'pause b1')).toBe(true);
    expect(allows({ producers: { idempotent: true, window: 100 } }, 'lost', 'kill c1')).toBe(false);
    expect(allows({ producers: { idempotent: true, window: 100 } }, 'rolled-back', 'pause b1')).toBe(false);
  });
  test('not delivered, or late: something kept it', () => {
    for (const name of ['undelivered', 'reordered'] as const) {
      expect(allows({}, name)).toBe(false);
      expect(allows({}, name, 'kill c1')).toBe(false);
      expect(allows({}, name, 'kill p1')).toBe(true);
      expect(allows({}, name, 'kill b1')).toBe(true);
    }
    expect(allows({}, 'unavailable')).toBe(false);
    expect(allows({}, 'unavailable', 'kill c1')).toBe(true);
  });

  const effect = (idempotence: string, form?: string, store = 'redis'): Setting => ({
    consumers: {
      effect: { store, idempotence, ...(form && { form }), ...(form === 'expiring' && { expireMs: 9 }) } as Effect,
    },
  });
  const commits = (setting: Setting, commit: 'after' | 'before'): Setting => ({
    consumers: { ...setting.consumers, commit },
  });

  test('processed twice', () => {
    expect(allows({}, 'duplicate-effect', 'kill c1')).toBe(false);
    expect(allows(effect('none'), 'duplicate-effect', 'kill c1')).toBe(true);
    for (const way of ['redis-set', 'redis-id']) expect(allows(effect(way), 'duplicate-effect', 'kill c1')).toBe(false);
    for (const way of ['primary-key', 'unique-constraint'])
      expect(allows(effect(way, undefined, 'sqlite'), 'duplicate-effect', 'kill c1')).toBe(false);
    expect(allows(effect('redis-id', 'effect-first'), 'duplicate-effect', 'kill c1')).toBe(true);
    expect(allows(effect('redis-id', 'expiring'), 'duplicate-effect')).toBe(true);
    expect(allows(effect('primary-key', 'check-then-insert', 'sqlite'), 'duplicate-effect', 'kill c1')).toBe(true);
    expect(allows(effect('redis-id', 'broker-position'), 'duplicate-effect', 'kill c1')).toBe(false);
    expect(allows(effect('redis-id', 'broker-position'), 'duplicate-effect', 'kill b1')).toBe(true);
  });
  test('not processed', () => {
    const guarded = effect('redis-id');
    expect(allows(commits(guarded, 'after'), 'unprocessed', 'kill c1', 'kill b1')).toBe(false);
    expect(allows(commits(guarded, 'before'), 'unprocessed')).toBe(false);
    expect(allows(commits(guarded, 'before'), 'unprocessed', 'kill c1')).toBe(true);
    expect(allows(effect('redis-id', 'id-first'), 'unprocessed', 'kill c1')).toBe(true);
    expect(allows(effect('redis-id', 'id-first'), 'unprocessed', 'kill b1')).toBe(false);
    // received, not yet processed, and cut from the log: it cannot come again
    expect(allows(guarded, 'unprocessed', 'power-loss b1')).toBe(true);
  });
  test('redelivered', () => {
    const redelivers = (deadLetter: boolean, more: Partial<Plan['consumers']> = {}): Setting => ({
      consumers: {
        ...effect('primary-key', undefined, 'sqlite').consumers,
        ...{ failing: { share: 0.1, by: 'message' }, redelivery: { attempts: 2, delayMs: 9, deadLetter }, ...more },
      },
    });
    for (const name of ['unprocessed', 'dead-letter-lost', 'over-retried', 'duplicate-effect'] as const) {
      expect(allows(redelivers(true), name, 'kill c1', 'kill b1'), name).toBe(false);
    }
    expect(allows(redelivers(false), 'unprocessed')).toBe(true);
    expect(allows(redelivers(false), 'dead-letter-lost', 'kill c1')).toBe(false);
    expect(allows(redelivers(true, { commit: 'before' }), 'dead-letter-lost')).toBe(false);
    expect(allows(redelivers(true, { commit: 'before' }), 'dead-letter-lost', 'kill c1')).toBe(true);
    expect(allows(redelivers(true), 'dead-letter-lost', 'power-loss b1')).toBe(true);
    expect(allows(redelivers(true), 'over-retried', 'power-loss b1')).toBe(false);
    const { effect: _, ...told } = redelivers(false).consumers ?? {};
    expect(allows({ consumers: told }, 'unprocessed')).toBe(true);
    expect(contractOf(planned({}, [])).unprocessed.because).toBe('processing has no effect');
  });
  test('a store that fails is no trouble of producers', () => {
    expect(allows(effect('redis-id'), 'undelivered', 'kill store')).toBe(false);
    expect(allows(effect('redis-id'), 'lost', 'kill store')).toBe(false);
    expect(allows(effect('redis-id'), 'unprocessed', 'kill store')).toBe(false);
    expect(allows(effect('redis-id', 'id-first'), 'unprocessed', 'kill store')).toBe(true);
    expect(allows(effect('redis-id', 'id-first'), 'unprocessed', 'kill ids')).toBe(true);
    expect(allows(commits(effect('redis-id'), 'before'), 'unprocessed', 'kill store')).toBe(true);
  });
  test('overwritten', () => {
    expect(allows(effect('redis-set', 'shared-key'), 'stale-overwrite')).toBe(true);
    expect(allows(effect('redis-set', 'newest-wins'), 'stale-overwrite', 'kill c1')).toBe(false);
    expect(allows(effect('redis-set'), 'stale-overwrite', 'kill c1')).toBe(false);
  });
});

describe('an attached cluster', () => {
  const set = compilePlan(
    load(
      attached(
        ['attach: ["127.0.0.1:9092"]', 'control: [{ id: n1, address: "127.0.0.1:9092", pidFile: /tmp/pid }]'],
        'faults: [{ at: 40%, do: pause, target: n1, for: 1s }]\n',
      ),
    ),
    1,
  );
  test('may do what its clients do, and lose nothing', () => {
    expect(allowedIn(set)).toEqual(['duplicate-stored', 'undelivered', 'reordered', 'unavailable']);
  });
  test('without a fault too', () => {
    expect(allowedIn({ ...set, faults: [] })).toEqual(['duplicate-stored']);
  });
  test('acks one may lose what the leader alone had, where another can lead', () => {
    const one = { ...set, producers: { ...set.producers, acks: 'one' as const } };
    expect(contractOf(one).lost).toEqual({
      allowed: true,
      because: 'acks one: a follower that leads after the pause of n1 (f1) may lack what the leader alone had',
    });
    expect(allowedIn(one)).not.toContain('rolled-back'); // consumers see only what the in-sync copies have
    expect(allowedIn({ ...one, faults: [] })).not.toContain('lost');
    expect(allowedIn({ ...one, topic: { ...one.topic, replication: 1 } })).not.toContain('lost');
  });
});

describe('in general', () => {
  const names = ['b1', 'b2', 'b1s1', 'b1s2', 'b2s1', 'b1,b1s1', 'leader'];
  const anyFault = fc.oneof(
    fc
      .constantFrom('kill', 'pause', 'power-loss', 'disk-loss', 'promote', 'disk-slow')
      .chain((name) => fc.constantFrom(...names).map((whom) => `${name} ${whom}`)),
    fc.constantFrom('kill ns', 'kill store', 'kill c1', 'pause p1', 'kill p1'),
  );
  const faults = fc.array(anyFault, { maxLength: 4 });
  const cluster = fc.record({
    masters: fc.constant(2),
    slaves: fc.nat({ max: 2 }),
    flush: fc.constantFrom('sync', 'async'),
    replication: fc.constantFrom('sync', 'async'),
    failover: fc.constantFrom('none', 'in-sync', 'unclean'),
  }) as fc.Arbitrary<Partial<Bundled>>;
  const producers = fc.record({
    acks: fc.constantFrom('all', 'one'),
    send: fc.constantFrom('sync', 'async', 'oneway'),
    retries: fc.nat({ max: 3 }),
  }) as fc.Arbitrary<Partial<Plan['producers']>>;
  const effects: (Effect | undefined)[] = [
    undefined,
    { store: 'redis', idempotence: 'none' },
    { store: 'redis', idempotence: 'redis-id' },
    { store: 'redis', idempotence: 'redis-id', form: 'id-first' },
    { store: 'redis', idempotence: 'redis-id', form: 'broker-position' },
  ];
  const consumers = fc
    .record({
      commit: fc.constantFrom('after', 'before'),
      effect: fc.constantFrom(...effects),
    })
    .map(({ commit, effect }) => ({ commit, ...(effect && { effect }) })) as fc.Arbitrary<Partial<Plan['consumers']>>;
  const setting = fc.record({ cluster, producers, consumers });

  function atMost(stronger: Plan, weaker: Plan): void {
    expect(allowedIn(weaker)).toEqual(expect.arrayContaining(allowedIn(stronger)));
  }

  test('a stronger setting never allows more', () => {
    const pairs: [Setting, Setting][] = [
      [{ cluster: { flush: 'sync' } }, { cluster: { flush: 'async' } }],
      [{ cluster: { failover: 'none' } }, { cluster: { failover: 'in-sync' } }],
      [{ cluster: { failover: 'in-sync' } }, { cluster: { failover: 'unclean' } }],
      [{ consumers: { commit: 'after' } }, { consumers: { commit: 'before' } }],
      [
        { consumers: { effect: { store: 'redis', idempotence: 'redis-id' } } },
        { consumers: { effect: { store: 'redis', idempotence: 'none' } } },
      ],
    ];
    fc.assert(
      fc.property(setting, faults, fc.constantFrom(...pairs), (base, text, [strong, weak]) => {
        const by = (more: Setting): Plan =>
          planned(
            {
              cluster: { ...base.cluster, ...more.cluster },
              producers: { ...base.producers, ...more.producers },
              consumers: { ...base.consumers, ...more.consumers },
            },
            text,
          );
        atMost(by(strong), by(weak));
      }),
      { numRuns: 2000 },
    );
  });
  test('copying sooner never loses more', () => {
    fc.assert(
      fc.property(setting, faults, (base, text) => {
        const by = (replication: Bundled['replication'], acks: 'all' | 'one'): boolean[] => {
          const contract = contractOf(
            planned(
              { ...base, cluster: { ...base.cluster, replication }, producers: { ...base.producers, acks } },
              text,
            ),
          );
          return stored.map((name) => contract[name].allowed);
        };
        const [all, one, async] = [by('sync', 'all'), by('sync', 'one'), by('async', 'all')];
        for (const i of stored.keys()) {
          expect(!all[i] || one[i]).toBe(true);
          expect(!all[i] || async[i]).toBe(true);
          expect(!one[i] || async[i]).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
  test('more faults never allow less', () => {
    fc.assert(
      fc.property(setting, faults, anyFault, (base, text, more) => {
        atMost(planned(base, text), planned(base, [...text, more]));
      }),
      { numRuns: 2000 },
    );
  });
  test('without faults nothing harmful is allowed, but for a missing or wrong guard', () => {
    fc.assert(
      fc.property(setting, (base) => {
        expect(['duplicate-effect']).toEqual(expect.arrayContaining(allowedIn(planned(base))));
      }),
    );
  });
  test('every clause says why', () => {
    fc.assert(
      fc.property(setting, faults, (base, text) => {
        for (const { because } of Object.values(contractOf(planned(base, text))))
          expect(because).not.toMatch(/^$|undefined/);
      }),
    );
  });
});

describe('bundled profiles', () => {
  test.each(bundledProfiles())('%s is not at odds with the contract', (name) => {
    const profile = loadProfile(name, { env: {} });
    const plan = compilePlan(profile, 7);
    const contract = contractOf(plan);
    const { limits, harm = [] } = plan.expect;
    // of other brokers a profile may ask for more than they promise: that is the experiment
    const asked = plan.cluster.broker === included.name ? [] : Object.keys(profile.expect);
    for (const each of harm) expect(contract[each], each).toMatchObject({ allowed: true });
    // what a profile forbids and the contract does not would be a failure without a fault of the broker's
    // (how long retries last against a fault is its own claim: nobody promises it)
    const beyond = findingClasses.filter((each) => limits[each] === 0 && contract[each].allowed);
    expect(beyond.filter((each) => each !== 'undelivered' && !asked.includes(each))).toEqual([]);
  });
});

describe('expect: contract', () => {
  const faulty = 'faults: [{ at: 40%, do: power-loss, target: b1, for: 1s }]\n';
  const cluster = (flush: string): string => `{ broker: bundled, flush: ${flush} }`;
  const expected = (more: string, flush = 'async', sets: string[] = []) =>
    compilePlan(load(small(`${faulty}${more}`, cluster(flush)), { set: sets }), 1).expect;

  test('limits are the contract’s', () => {
    const weak = expected('expect: contract\n');
    expect(weak.contract).toBe(true);
    expect(weak.limits.lost).toBeUndefined();
    expect(weak.limits).toMatchObject({ phantom: 0, corrupt: 0, misrouted: 0, contradicted: 0 });
    expect(weak.limits).not.toHaveProperty('duplicate-effect');
    expect(weak.limits).not.toHaveProperty('over-retried');
    expect(expected('expect: contract\n', 'sync').limits).toMatchObject({ lost: 0, 'rolled-back': 0, skipped: 0 });
  });
  test('beside other keys, which come first', () => {
    const { contract, limits, ackedShare } = expected(
      'expect: { contract: true, lost: 3, phantom: any, acked: ">=90%" }\n',
    );
    expect({ contract, lost: limits.lost, phantom: limits.phantom, ackedShare }).toEqual({
      contract: true,
      lost: 3,
      phantom: undefined,
      ackedShare: 0.9,
    });
    expect(expected('expect: { contract: false }\n').limits.lost).toBe(0);
    expect(expected('expect: { contract: false }\n')).not.toHaveProperty('contract');
  });
  test('with --set and extends', () => {
    expect(expected('', 'async', ['expect=contract', 'expect.phantom=2'])).toMatchObject({
      contract: true,
      limits: { phantom: 2 },
    });
    expect(expected('expect: contract\n', 'async', ['expect.contract=']).contract).toBeUndefined();
    const child = 'version: 1\nextends: base.yaml\nexpect: { acked: ">=90%" }\n';
    const base = small(`${faulty}expect: contract\n`, cluster('async'));
    expect(compilePlan(load({ 'base.yaml': base, 'profile.yaml': child }), 1).expect).toMatchObject({
      contract: true,
      ackedShare: 0.9,
    });
    const plain = small(`${faulty}expect: { lost: 0 }\n`, cluster('async'));
    const word = 'version: 1\nextends: base.yaml\nexpect: contract\n';
    expect(compilePlan(load({ 'base.yaml': plain, 'profile.yaml': word }), 1).expect.limits.lost).toBeUndefined();
  });
  test('strict', () => {
    expect(errorsOf(small('expect: contrakt\n'))).toEqual([
      "profile.yaml:5:9 expect: expected 'contract' or a map of keys, got 'contrakt'; did you mean 'contract'?",
    ]);
    expect(errorsOf(small('expect: { contract: yes please }\n'))[0]).toContain(
      'expect.contract: expected true or false',
    );
    expect(errorsOf(small('expect: { contract: true, lots: 1 }\n'))[0]).toContain("did you mean 'lost'");
  });
});

describe('tries that nobody made', () => {
  const clauses = (broker: string, redelivery: string, faults = '') => {
    const text = `consumers: { count: 2, redelivery: ${redelivery} }\n${faults === '' ? '' : `faults: [${faults}]\n`}`;
    const contract = contractOf(compilePlan(load(small(text, `{ broker: ${broker} }`)), 1));
    return ['skipped', 'unprocessed', 'dead-letter-lost'].filter((name) => contract[name as FindingClass].allowed);
  };
  const killed = '{ at: 50%, do: kill, target: c1 }';
  const once = '{ attempts: 0, deadLetter: false }';

  test.each(['nats', 'redis', 'rocketmq'])('%s counts deliveries: one that nobody saw may be the last', (broker) => {
    expect(clauses(broker, '{ attempts: 3, deadLetter: false }')).toEqual([]);
    expect(clauses(broker, once)).toEqual(['skipped', 'unprocessed']);
    expect(clauses(broker, '{ attempts: 1, deadLetter: false }', killed)).toEqual(['skipped', 'unprocessed']);
    expect(clauses(broker, '{ attempts: 1 }', killed)).toEqual(['skipped']);
  });

  test('RabbitMQ counts what was given back as failed: none goes by a death', () => {
    expect(clauses('rabbitmq', once, killed)).toEqual([]);
    expect(clauses('rabbitmq', '{ attempts: 1 }', killed)).toEqual([]);
  });

  test('NATS tells of a last try once: a fault on servers may silence it', () => {
    const server = '{ at: 50%, do: kill, target: one }';
    expect(clauses('nats', '{ attempts: 1 }', server)).toContain('dead-letter-lost');
    expect(clauses('redis', '{ attempts: 1 }', server)).not.toContain('dead-letter-lost');
    expect(clauses('nats', '{ attempts: 1 }')).not.toContain('dead-letter-lost');
  });
});
