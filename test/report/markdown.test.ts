import { expect, it } from 'vitest';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { recordOf } from '../../src/report/record.ts';
import { audit, outage, recordWith } from './small-record.ts';

it('report.md', () => {
  expect(renderMarkdown(recordWith())).toMatchInlineSnapshot(`
    "# ✓ PASS: quick

    Is anything lost when a broker is killed while messages are in flight? Seed 7.

    **None of 99 acknowledged messages was lost: the group received all of them.**

    - 99 of 100 messages acked, 1 fault injected and healed

    ## Findings

    | class | messages | expected | meaning | worst example |
    | --- | ---: | --- | --- | --- |
    | duplicate-stored | 12 | yes | one message at two positions of the log; at-least-once: a retry for want of an answer may store it again |  |
    | reordered | 3 | yes | sent once, delivered after a later message of its producer and partition; no bound was set | p1.1#41, partition 2, position 1287, group g1, during f1 (likely) |

    ## Numbers

    - attempted 100 = acked 99 + degraded 0 + rejected 0 + unknown 1
    - acked 99 = delivered 99 + lost 0 + skipped 0 + unseen 0
    - not acked 1 = recovered 1
    - 8 retries, 2 retried messages delivered after later ones
    - 14 extra deliveries
    - latency, ack: p50 5.1 ms, p99 174 ms, max 252 ms

    ## Faults

    - **f1** kill b2 · due 40% (1 message late) · injected at 7.64 s · healed after 2.79 s · 2819 ms without an ack in partition 5

    ## Drain

    - ✓ settled: a \\| b

    ## Environment

    - startedAt: 2026-01-02T03:04:05.678Z
    - node: v20.19.0

    ## Why, in this folder

    \`\`\`sh
    mqchaos explain . p1.1:41
    \`\`\`

    ## Again, in this folder

    \`\`\`sh
    mqchaos run --plan plan.json
    \`\`\`
    "
  `);
});

it('text of others breaks neither a table nor a list', () => {
  const examples = [{ class: 'phantom' as const, message: 'a|b\n<script>' }];
  const record = recordOf({ ...audit, findings: [{ class: 'phantom', count: 1, allowed: false, limit: 0, examples }] });
  expect(renderMarkdown(record)).toContain('| phantom | 1 | **no** | delivered, and never sent | a\\|b &lt;script> |');
});

it('report.md of a store that was away', () => {
  const text = renderMarkdown(recordWith({ storeOutages: [outage] }));
  expect(text.slice(text.indexOf('## Outages'), text.indexOf('## Drain'))).toMatchInlineSnapshot(`
    "## Outages of the store

    - postgres at db:5432 (\${PG_URL}) · away from 7.65 s for 2.31 s · seen by c1.1, c2.1 · 2 calls without an answer · 41 connections not made · no try spent · during f1 (kill b2)

    "
  `);
});

it('has no control characters of others', () => {
  const verdict = { value: 'inconclusive' as const, reasons: ['a \u001b[31m\u0000\u009b b'] };
  expect(renderMarkdown(recordOf({ ...audit, verdict }))).toContain('- a \uFFFD[31m\uFFFD\uFFFD b');
});
