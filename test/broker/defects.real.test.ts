/**
 * Each way to lie is caught by the audit, as the class that its own entry names; and with the same profile, seed and
 * faults the honest broker passes.
 */
import { describe, expect, test } from 'vitest';
import { defects } from '../../src/broker/defects/registry.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { Workspace } from '../support/tool.ts';

interface Scene {
  readonly profile: string;
  readonly sets: readonly string[];
  /** Defects that do harm in it. */
  readonly catches: readonly string[];
}

const small = ['producers.messages=4000', 'producers.rate=1000/s'];

const scenes: Readonly<Record<string, Scene>> = {
  'without a fault': {
    profile: 'quick',
    // each of these lies comes with the 500th record and with every thousandth after it: twice
    sets: [
      'producers.messages=2000',
      'faults=[]',
      'cluster.masters=1',
      'expect.duplicate-stored=0',
      'expect.reordered=0',
    ],
    catches: ['drop-acked', 'store-twice', 'reorder', 'corrupt', 'phantom'],
  },
  'when a master is killed before consumers start': {
    profile: 'kill-async-flush',
    // a kill may fall into a moment in which a starved producer has sent nothing that is not written yet: not three
    sets: [`faults=[${[25, 50, 75].map((at) => `{ at: ${at}%, do: kill, target: b1, for: 300ms }`)}]`],
    catches: ['ack-before-append', 'skip-on-recovery'],
  },
  'when the coordinator of a group is killed': {
    profile: 'kill-master',
    sets: [
      'cluster.masters=1',
      'producers.send=async',
      'producers.retries=20',
      'faults=[{at: 60%, do: kill, target: b1, for: 1s}]',
      // Honest at-least-once delivery repeats what was not committed yet, not everything.
      'expect.duplicate-delivered=1000',
    ],
    catches: ['forget-offsets'],
  },
  'when the power of a master that flushes is cut': {
    profile: 'sync-flush',
    sets: [],
    catches: ['ack-before-flush'],
  },
  'when a master’s disk is lost while its slave is behind': {
    profile: 'sync-replication',
    sets: [
      'cluster.masters=1',
      'faults=[{at: 30%, do: pause, target: b1s1, for: 3s}, {at: 60%, do: disk-loss, target: b1, for: 3s}, {at: 95%, do: promote, target: b1s1}]',
    ],
    catches: ['ack-before-replication'],
  },
};

async function runOf({ profile, sets }: Scene, lies: readonly string[]) {
  using workspace = new Workspace();
  const changes = [...small, ...sets, `cluster.defects=[${lies}]`].flatMap((set) => ['--set', set]);
  const { code, stdout, stderr } = await workspace.run(['run', profile, '--seed', '1', '--json', ...changes]);
  if (stdout === '') throw new Error(`no record:\n${stderr}`);
  const { findings, verdict } = JSON.parse(stdout) as RunRecord;
  const refused = findings.filter(({ allowed }) => !allowed).map((finding) => finding.class);
  return { code, verdict: verdict.value, refused, stderr };
}

test('every defect has a scene in which it is caught', () => {
  const caught = Object.values(scenes).flatMap(({ catches }) => catches);
  expect(caught.sort()).toEqual(defects.map(({ name }) => name).sort());
});

describe.each(Object.entries(scenes))('%s', (_, scene) => {
  test('an honest broker passes', async () => {
    const { stderr, ...outcome } = await runOf(scene, []);
    expect(outcome, stderr).toEqual({ code: 0, verdict: 'pass', refused: [] });
  });

  test.each(scene.catches)('%s is caught', async (name) => {
    const { stderr, ...outcome } = await runOf(scene, [name]);
    expect(outcome, stderr).toMatchObject({ code: 1, verdict: 'fail' });
    expect(outcome.refused, stderr).toContain(defects.find((one) => one.name === name)?.caughtAs);
  });
});
