/** What links do to requests and answers, done by the tool to the bundled broker: each deed is told, and its harm counted. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WireReport } from '../../src/link/wire/rule.ts';
import type { RunRecord } from '../../src/report/record.ts';
import { Workspace } from '../support/tool.ts';
import { accusations, pass } from './support/carried-out.ts';

/** Every deed by count, on one of two brokers each. Nothing but these keeps an answer from anybody. */
const everyDeed = `version: 1
name: on-the-wire
question: Is everything that a link does to requests and answers told, and its harm counted?
cluster: { broker: bundled, masters: 2 }
topic: { partitions: 4 }
producers: { count: 2, send: async, window: 20, messages: 2000, rate: 400/s, timeout: 3s, retries: 5, retryDelay: 50ms }
consumers: { count: 1 }
faults:
  - { at: 10%, do: lost-answer, target: b1, times: 3, connection: goes on }
  - { at: 10%, do: error-answer, target: b2, times: 4, error: REQUEST_TIMED_OUT, served: true }
  - { at: 20%, do: doubled-records, target: b1, times: 5 }
  - { at: 20%, do: corrupted-records, target: b2, times: 2 }
  - { at: 30%, do: delayed-answer, target: b1, times: 2, delay: 300ms }
  - { at: 30%, do: swapped-records, target: b2, times: 2 }
  - { at: 40%, do: moved-leader, target: b1, times: 1 }
  - { at: 40%, do: error-answer, target: b2, times: 3 }
  - { at: 50%, do: corrupted-records, target: b2, times: 2, checksum: wrong }
  - { at: 55%, do: lost-answer, target: b1, api: fetch, times: 1 }
  - { at: 60%, do: corrupted-records, target: b1, api: fetch, times: 1 }
  - { at: 60%, do: doubled-records, target: b2, api: fetch, times: 1 }
expect: { contract: true, acked: ">=100%" }
limit: 2m
`;

function reportsOf({ faults }: RunRecord): WireReport[] {
  const found = faults.flatMap(({ evidence }) => evidence.map(({ wire }) => (wire as { report?: WireReport })?.report));
  return found.filter((report) => report !== undefined);
}

describe('requests and answers', () => {
  it('every deed is done as often as it names, and harms no more than that', async () => {
    using workspace = new Workspace();
    writeFileSync(join(workspace.folder, 'wire.yaml'), everyDeed);
    const { record } = await pass(workspace, 'wire.yaml');
    expect(reportsOf(record).map(({ done }) => done)).toEqual([3, 4, 5, 2, 2, 2, 1, 3, 2, 1, 1, 1]);
    const { answers = {}, counts } = record;
    expect(answers).toMatchObject({ unknown: { REQUEST_TIMED_OUT: 4 }, rejected: { CORRUPT_MESSAGE: 2 } });
    // who was first, the client's deadline or ours
    const { deadline = 0, 'no-answer': noAnswer = 0 } = answers.unknown ?? {};
    expect(deadline + noAnswer).toBe(3);
    expect(counts).toMatchObject({ attempted: 2000, acked: 2000, lost: 0, contradicted: 0, corrupt: 3 });
    // stored and sent again: lost answers, errors after the deed, and what was doubled
    expect(counts.storedRecords - counts.attempted).toBe(3 + 4 + 5);
    const [first] = reportsOf(record);
    expect(first?.log[0]).toMatchObject({ api: 'produce', source: expect.stringMatching(/^p[12]$/), records: 1 });
  });

  it('a lost answer is a message stored twice, and with numbers on messages it is not', async () => {
    for (const idempotent of [false, true]) {
      using workspace = new Workspace();
      const run = await pass(workspace, idempotent ? 'idempotent-producer' : 'idempotent-producer-off');
      expect(accusations(run)).toEqual({});
      const { counts, answers = {} } = run.record;
      expect(reportsOf(run.record)).toMatchObject([{ done: 10, unread: 0 }]);
      expect(counts).toMatchObject({ attempted: 1000, acked: 1000, storedRecords: idempotent ? 1000 : 1010 });
      if (!idempotent) expect(answers.unknown).toEqual({ 'no-answer': 10 });
    }
  });

  it('what does not happen as often as it names makes the run inconclusive', async () => {
    using workspace = new Workspace();
    const fault = '{ at: 50%, do: lost-answer, target: b1, api: delete-topics, times: 1 }';
    writeFileSync(
      join(workspace.folder, 'never.yaml'),
      `version: 1\nname: never\nquestion: Is it told?\ncluster: { broker: bundled }\nproducers: { messages: 300, rate: 300/s }\nfaults: [${fault}]\n`,
    );
    const { code, stdout } = await workspace.run(['run', 'never.yaml', '--seed', '1', '--out', 'run', '--json']);
    expect(code).toBe(3);
    const { verdict } = JSON.parse(stdout) as RunRecord;
    expect(verdict.reasons).toEqual(['fault f1 failed: done 0 of 1 times at b1: 0 requests were met']);
  });
});
