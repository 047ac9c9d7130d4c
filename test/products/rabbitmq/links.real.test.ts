/** Connections between the nodes of a cluster go through links, and every fault of a pair bends them, in a whole run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rabbitmq } from '../../../src/products/rabbitmq/product.ts';
import type { RunRecord } from '../../../src/report/record.ts';
import { processesIn } from '../../support/processes.ts';
import { missingPrograms } from '../../support/product-cluster.ts';
import { Workspace } from '../../support/tool.ts';

const missing = await missingPrograms(rabbitmq);

const profile = `version: 1
name: pairs
question: Does every fault between two nodes take hold, and is it healed?
cluster: { broker: rabbitmq, nodes: 3, tickTime: 8s }
producers: { count: 2, send: async, window: 50, timeout: 2s, retries: 100, retryDelay: 300ms, messages: 5000, rate: 250/s }
consumers: { count: 1 }
faults:
  - { at: 5%, do: latency, target: rabbit2, from: peers, delay: 20ms, for: 1s }
  - { at: 20%, do: reset, target: rabbit1, from: rabbit2 }
  - { at: 35%, do: one-way-partition, target: rabbit1, from: rabbit3, for: 1s }
  - { at: 50%, do: half-open, target: rabbit1, from: rabbit3, for: 1s }
  - { at: 70%, do: partition, target: rabbit1, from: peers, for: 20s }
expect: { lost: 0 }
limit: 6m
`;

test.skipIf(missing !== undefined)(
  `partitions and other faults of pairs${missing === undefined ? '' : ` (needs rabbitmq: ${missing})`}`,
  { timeout: 420_000 },
  async () => {
    using workspace = new Workspace();
    writeFileSync(join(workspace.folder, 'pairs.yaml'), profile);
    const { code, stderr, stdout } = await workspace.run(['run', 'pairs.yaml', '--seed', '7', '--out', 'run']);
    expect(code, `${stderr}\n${stdout}`).toBe(0);
    const folder = join(workspace.folder, 'run');
    const { faults, counts }: RunRecord = JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8'));
    expect(counts).toMatchObject({ acked: 5000, lost: 0 });
    for (const { do: deed, injected, healed, evidence } of faults) {
      expect([injected, healed], deed).toEqual([expect.any(Number), expect.any(Number)]);
      const links = evidence.flatMap(({ link }) => (link as { links?: readonly Met[] }).links ?? []);
      const met = links.filter((link) => link.link.endsWith('/peers')).reduce((sum, each) => sum + (each.met ?? 0), 0);
      expect(met, deed).toBeGreaterThan(0);
      expect(JSON.stringify(evidence), deed).toContain('"node":"joined"');
    }
    // the two that are left take over once they have taken the third for gone, and it alone acknowledges nothing
    const elected = /detected a new leader \{'%2F_mqchaos-[^']*-g1',rabbit[23]@/;
    const logs = ['rabbit2', 'rabbit3'].map((id) =>
      readFileSync(join(folder, 'nodes', id, 'log', 'rabbit.log'), 'utf8'),
    );
    expect(logs.join('')).toMatch(elected);
    expect(processesIn(folder)).toEqual([]);
  },
);

interface Met {
  readonly link: string;
  readonly met?: number;
}
