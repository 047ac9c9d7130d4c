/** Runs of unusual shapes: late consumers, several groups, one partition, one message, large messages. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Workspace } from '../support/tool.ts';
import { accusations, type CarriedOut, eventsOf, pass } from './support/carried-out.ts';

const head = 'version: 1\nname: shape\nquestion: Does it go through?\n';
const calm = 'cluster: { broker: bundled, masters: 1 }\n';

async function shaped(workspace: Workspace, profile: string): Promise<CarriedOut> {
  writeFileSync(join(workspace.folder, 'shape.yaml'), `${head}${profile}`);
  const run = await pass(workspace, 'shape.yaml');
  expect(accusations(run)).toEqual({});
  return run;
}

describe('a run', () => {
  it('whose consumers start after the faults', async () => {
    using workspace = new Workspace();
    const { record, journals } = await shaped(
      workspace,
      `cluster: { broker: bundled, masters: 2 }
producers: { messages: 4000, rate: 2000/s, timeout: 1s, retries: 5, retryAnotherBroker: true }
consumers: { count: 2, start: after faults }
faults: [{ at: 20%, do: kill, target: b1, for: 500ms }]
`,
    );
    const [fault] = record.faults;
    expect(fault).toMatchObject({ injected: expect.any(Number), healed: expect.any(Number) });
    for (const name of ['c1.1', 'c2.1']) {
      const [first] = await eventsOf(journals.get(name) as string);
      expect(first?.atNs).toBeGreaterThan(fault?.healed ?? Number.POSITIVE_INFINITY);
    }
    expect(record.counts).toMatchObject({ attempted: 4000, ackedDelivered: record.counts.acked });
  });

  it('with two groups: each receives everything', async () => {
    using workspace = new Workspace();
    const { record, journals } = await shaped(
      workspace,
      `${calm}producers: { count: 1, messages: 2000, rate: 2000/s }\nconsumers: { count: 1, groups: 2 }\n`,
    );
    expect(record.counts).toMatchObject({ attempted: 2000, acked: 2000, ackedDelivered: 2000, duplicateDelivered: 0 });
    expect(record.counts.deliveries).toBe(4000);
    expect(record.drain.proven.map(({ proven }) => proven)).toEqual([true, true]);
    expect([...journals.keys()].sort()).toEqual(['c1.1', 'c2.1', 'drain1.1', 'drain2.1', 'p1.1', 'reader.1', 'runner']);
  });

  it('with one partition keeps the order', async () => {
    using workspace = new Workspace();
    const { record } = await shaped(
      workspace,
      `${calm}topic: { partitions: 1 }\nproducers: { messages: 2000, rate: 2000/s }\nconsumers: { count: 2 }\n`,
    );
    expect(record.counts).toMatchObject({ attempted: 2000, ackedDelivered: 2000, reordered: 0, storedRecords: 2000 });
    expect(record.reads).toMatchObject([{ partition: 0, from: 0, to: 2000, complete: true }]);
  });

  it('of messages of 100 KiB', async () => {
    using workspace = new Workspace();
    const { record } = await shaped(
      workspace,
      `${calm}producers: { messages: 300, send: async, window: 20, rate: 300/s, payload: 100KiB }\nconsumers: { count: 1 }\n`,
    );
    expect(record.counts).toMatchObject({ attempted: 300, ackedDelivered: 300 });
  });

  it('of one message, with more producers and consumers than messages', async () => {
    using workspace = new Workspace();
    const { record } = await shaped(
      workspace,
      `${calm}producers: { count: 2, messages: 1 }\nconsumers: { count: 3, sessionTimeout: 1s }\n`,
    );
    expect(record.counts).toMatchObject({ attempted: 1, acked: 1, ackedDelivered: 1, deliveries: 1, storedRecords: 1 });
  });
});
