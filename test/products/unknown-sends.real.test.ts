/**
 * Answers to sends are lost by count, on real brokers: exactly so many sends are unknown, and then recovered where nobody sends
 * again, or there once more where they are sent again. test/soak/lost-answers.mjs does it with many seeds.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { WireReport } from '../../src/link/wire/rule.ts';
import { productOf } from '../../src/products/registry.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { missingPrograms } from '../support/product-cluster.ts';
import { Workspace } from '../support/tool.ts';

const lost = 3;

/** What is sent again is there again: nothing is unknown in the end. */
const cases = [
  { broker: 'kafka', node: 'k1', producers: 'send: sync, retries: 0', connection: 'closes', again: false },
  { broker: 'rabbitmq', node: 'rabbit1', producers: 'send: sync, retries: 0', connection: 'closes', again: false },
  {
    ...{ broker: 'rabbitmq', node: 'rabbit1', producers: 'send: async, window: 20, retries: 3, retryDelay: 50ms' },
    ...{ connection: 'goes on', again: true },
  },
];

for (const { broker, node, producers, connection, again } of cases) {
  const missing = await missingPrograms(productOf(broker));
  const name = `${broker}, ${producers}${missing === undefined ? '' : ` (needs ${broker}: ${missing})`}`;

  test.skipIf(missing !== undefined)(name, async () => {
    using workspace = new Workspace();
    writeFileSync(
      join(workspace.folder, 'lost.yaml'),
      `version: 1
name: lost
question: How many sends are unknown?
cluster: { broker: ${broker}, nodes: 1 }
producers: { count: 2, ${producers}, timeout: 5s, messages: 150, rate: 150/s }
consumers: { count: 1 }
faults: [{ at: 20%, do: lost-answer, target: ${node}, share: 20%, times: ${lost}, connection: ${connection} }]
expect: { contract: true, lost: 0 }
limit: 2m
`,
    );
    const { code, stdout, stderr } = await workspace.run(['run', 'lost.yaml', '--seed', '1', '--out', 'run', '--json']);
    expect(code, stderr).toBe(0);
    const { counts, answers, faults } = JSON.parse(stdout) as RunRecord;
    const reports = faults.flatMap(({ evidence }) => evidence.flatMap(({ wire }) => (wire as Told)?.report ?? []));
    expect(reports).toMatchObject([{ done: lost, unread: 0 }]);
    expect(Object.values(answers?.unknown ?? {})).toEqual([lost]);
    expect(counts).toMatchObject({ attempted: 150, lost: 0, acked: again ? 150 : 150 - lost });
    expect(counts.recovered).toBe(again ? 0 : lost);
    expect(counts.duplicateStored + counts.duplicateUndecided).toBe(again ? lost : 0);
  });
}

type Told = { readonly report?: WireReport } | undefined;
