/** A slave copies through the link before its master's replication, and a partition parts the two, in a whole run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { rocketmq } from '../../../src/products/rocketmq/product.ts';
import type { RunRecord } from '../../../src/report/record.ts';
import { missingPrograms } from '../../support/product-cluster.ts';
import { Workspace } from '../../support/tool.ts';

const missing = await missingPrograms(rocketmq);

test.skipIf(missing !== undefined)(
  `a master that is cut off from its slave goes on alone${missing === undefined ? '' : ` (needs rocketmq: ${missing})`}`,
  { timeout: 500_000 },
  async () => {
    using workspace = new Workspace();
    const { code, stderr, stdout } = await workspace.run([
      ...['run', 'rocketmq-partitioned-master', '--seed', '7', '--out', 'run'],
    ]);
    expect(code, `${stderr}\n${stdout}`).toBe(0);
    const { counts, faults }: RunRecord = JSON.parse(
      readFileSync(join(workspace.folder, 'run', 'record.json'), 'utf8'),
    );
    expect(counts.lost).toBeGreaterThan(0);
    const links = faults[0]?.evidence.flatMap(({ link }) => (link as { links?: readonly object[] }).links ?? []);
    expect(links).toContainEqual(expect.objectContaining({ link: 'b1/replication', met: 1 }));
  },
);
