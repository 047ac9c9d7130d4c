import { existsSync, statSync } from 'node:fs';
import type { Finding } from '../../audit/audit.ts';
import { ToolError } from '../../errors.ts';
import { shortGroup } from '../../report/words/phrases.ts';
import { findingsIn } from '../rows/findings.ts';
import type { Field } from '../scan.ts';
import { flag, listed, moment, scanned, type Table, text, texts, whole } from './table.ts';

/** About, of a line. */
const lineBytes = 200;

function written(of: (finding: Finding) => string | undefined): Field<Finding> {
  return { type: 'text', of };
}

function numbered(of: (finding: Finding) => number | boolean | undefined): Field<Finding> {
  return { type: 'number', of: (finding) => Number(of(finding) ?? -1) };
}

function answer(name: string, about: string): ReturnType<typeof flag> {
  return flag(name, about, `CASE ${name} WHEN -1 THEN NULL ELSE ${name} = 1 END`);
}

/**
 * @param path of findings.ndjson.
 * @param topic with which the names of groups begin there.
 */
export function findings(path: string, topic: string): Table {
  return scanned<Finding>(
    {
      name: 'findings',
      about:
        'a message that the audit found something of, or a fault around which acks stopped: a line of findings.ndjson',
      columns: [
        text('class', 'lost, duplicate-delivered …', 'class'),
        text('message', 'null: its identity is damaged, or it is about no message', 'message'),
        text('consumer_group', 'where the class is about a group', 'consumer_group'),
        whole('partition', 'where it was'),
        whole('position', 'where it was', 'BIGINT'),
        ...moment('sent_at', 'its first attempt'),
        ...moment('settled_at', "its ack, or last outcome, or the end of its producer's journal"),
        ...moment('received_at', 'of a finding about a delivery'),
        whole('attempts', 'how often it was tried'),
        answer('proved', 'of lost: the log was read to its end'),
        text('how', 'of undelivered: told, silent or died', 'how'),
        answer('redelivered', 'of duplicates: the broker flagged it'),
        {
          name: 'gap_ms',
          type: 'DOUBLE',
          about: 'of unavailable: the longest time without an ack',
          sql: 'nullif(gap_ms, -1)',
        },
        answer('recovered', 'of unavailable: acks came again'),
        whole('times', 'of duplicate-effect: how often the store holds it'),
        whole('applied', 'of effects: how often consumers recorded them'),
        text('overwritten_by', 'of stale-overwrite: the older message that stands there', 'overwritten_by'),
        text('fault', 'that was in force, else the next one', 'fault'),
        texts('other_faults', 'others that were in force'),
        text('fault_when', 'during or after: the fault came later', 'fault_when'),
        text('confidence', 'likely or possible', 'confidence'),
      ],
    },
    {
      estimate: existsSync(path) ? statSync(path).size / lineBytes : 0,
      rows: () => {
        // none would read as if nothing had been found
        if (!existsSync(path)) throw notAudited();
        return findingsIn(path);
      },
      fields: {
        class: written((finding) => finding.class),
        message: written(({ message }) => message),
        consumer_group: written(({ group }) => (group === undefined ? undefined : shortGroup(group, topic))),
        partition: numbered(({ partition }) => partition),
        position: numbered(({ position }) => position),
        sent_at_ns: numbered(({ sentAtNs }) => sentAtNs),
        settled_at_ns: numbered(({ settledAtNs }) => settledAtNs),
        received_at_ns: numbered(({ receivedAtNs }) => receivedAtNs),
        attempts: numbered(({ attempts }) => attempts),
        proved: numbered(({ proved }) => proved),
        how: written(({ how }) => how),
        redelivered: numbered(({ redelivered }) => redelivered),
        gap_ms: numbered(({ gapMs }) => gapMs),
        recovered: numbered(({ recovered }) => recovered),
        times: numbered(({ times }) => times),
        applied: numbered(({ applied }) => applied),
        overwritten_by: written(({ by }) => by),
        fault: written(({ fault }) => fault),
        other_faults: listed(({ otherFaults }) => otherFaults),
        fault_when: written(({ when }) => when),
        confidence: written(({ confidence }) => confidence),
      },
    },
  );
}

function notAudited(): ToolError {
  return new ToolError('the run was not audited, so that nobody knows its findings', {
    code: 'no-findings',
    hint: 'mqchaos audit RUN',
  });
}
