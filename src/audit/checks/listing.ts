/** Writes the lines about one range of a producer's messages. */
import { deliveryFlags, none16, noPosition } from '../../journal/event.ts';
import { type Attribution, attribute, nextFault } from '../attribution.ts';
import type { FindingClass } from '../class.ts';
import type { SendDetails } from '../details.ts';
import type { Finding } from '../finding.ts';
import type { ProducerHistory } from '../history.ts';
import type { NotedClass } from '../notes.ts';
import { eachBit } from '../planes.ts';
import type { Settlement } from '../settlement.ts';
import { groupName } from '../strangers.ts';
import type { CheckContext } from './check.ts';

/** Each line is an object with the same fields in the same order: V8 then finds them in one place, whatever befell. */
export class Listing {
  readonly #context: CheckContext;
  readonly #producer: ProducerHistory;
  readonly #details: SendDetails;

  constructor(context: CheckContext, producer: ProducerHistory, details: SendDetails) {
    this.#context = context;
    this.#producer = producer;
    this.#details = details;
  }

  word(settlement: Settlement, base: number, word: number): void {
    const { sends } = this.#context.history;
    const first = word * 32;
    eachBit(settlement.lost, (bit) => {
      this.#lost('lost', first + bit, { proved: ((settlement.lostProved >>> bit) & 1) === 1 });
    });
    eachBit(settlement.rolledBack, (bit) => this.#lost('rolled-back', first + bit, {}));
    if (settlement.skipped !== 0) this.#perGroup('skipped', settlement.skipped, base + word, first, true);
    if (settlement.unseen !== 0) this.#unseen(settlement.unseen, base + word, first);
    eachBit(settlement.degradedLost, (bit) => this.#line('degraded-lost', first + bit, {}));
    eachBit(settlement.recovered, (bit) => this.#line('recovered', first + bit, {}));
    eachBit(settlement.contradicted, (bit) => this.#line('contradicted', first + bit, {}));
    eachBit(settlement.pending, (bit) => this.#line('pending', first + bit, {}));
    const open = ~(sends.settled[base + word] as number);
    const oneway = sends.oneway[base + word] as number;
    eachBit(settlement.undelivered, (bit) => {
      const how = this.#how((open >>> bit) & 1, (oneway >>> bit) & 1);
      this.#line('undelivered', first + bit, { how });
      if (how === 'silent') this.#line('undelivered-silent', first + bit, {});
    });
  }

  note(row: number): void {
    const { history, messageName, findings } = this.#context;
    const note = history.sightings.notes.at(row);
    const detail = this.#details.of(note.seq, this.#producer.lastNs);
    // What is delivered again was disturbed between its ack and the repeat; all else when it was sent.
    const again = note.class === 'duplicate-delivered';
    const blame =
      detail && this.#blame(again ? detail.settledAtNs : detail.sentAtNs, again ? note.atNs : detail.settledAtNs);
    findings.list({
      class: note.class,
      message: messageName(note.producer, note.seq),
      proved: undefined,
      how: undefined,
      group: groupName(history.groups, note.group),
      partition: partitionOf(note.partition),
      position: positionOf(note.position),
      receivedAtNs: note.atNs,
      redelivered: isDuplicate(note.class) ? (note.flags & deliveryFlags.redelivered) !== 0 : undefined,
      sentAtNs: detail?.sentAtNs,
      settledAtNs: detail?.settledAtNs,
      attempts: undefined,
      fault: blame?.fault,
      otherFaults: blame?.otherFaults,
      when: blame?.when,
      confidence: blame?.confidence,
    });
  }

  #blame(fromNs: number, toNs: number): Attribution {
    return attribute(this.#context.history.record.faults, fromNs, toNs);
  }

  #how(open: number, oneway: number): 'told' | 'silent' | 'died' {
    if (open === 1) return this.#producer.source.state === 'closed' ? 'silent' : 'died';
    return oneway === 1 ? 'silent' : 'told';
  }

  #lost(name: 'lost' | 'rolled-back', seq: number, more: Pick<Finding, 'proved' | 'how' | 'group'>): void {
    const finding = this.#line(name, seq, more);
    if (finding.settledAtNs === undefined) return;
    const { faults, history } = this.#context;
    const blamed = faults.find((fault) => fault.id === finding.fault);
    if (blamed !== undefined) blamed.lostMessages += 1;
    const next = nextFault(history.record.faults, finding.settledAtNs);
    const fault = faults.find((each) => each.id === next?.id);
    if (fault?.injectingNs === undefined) return;
    const windowMs = (fault.injectingNs - finding.settledAtNs) / 1e6;
    fault.lossWindowMs = Math.max(fault.lossWindowMs ?? 0, windowMs);
  }

  #perGroup(name: FindingClass, bits: number, at: number, first: number, drained: boolean): void {
    const { receipts, groups, evidence } = this.#context.history;
    for (const [group, plane] of receipts.delivered.entries()) {
      if (evidence.drained[group] !== drained) continue;
      const label = groupName(groups, group);
      eachBit(bits & ~(plane[at] as number), (bit) => {
        this.#line(name, first + bit, label === undefined ? {} : { group: label });
      });
    }
  }

  /** The group is named when only one of them misses the message. */
  #unseen(bits: number, at: number, first: number): void {
    const { receipts, groups } = this.#context.history;
    eachBit(bits, (bit) => {
      const missing = groups.filter(
        (_, group) => ((((receipts.delivered[group] as Int32Array)[at] as number) >>> bit) & 1) === 0,
      );
      const only = missing.length === 1 ? missing[0] : undefined;
      this.#line('unseen', first + bit, only === undefined ? {} : { group: only });
    });
  }

  #line(name: FindingClass, seq: number, more: Pick<Finding, 'proved' | 'how' | 'group'>): Finding {
    const { messageName, findings } = this.#context;
    const detail = this.#details.of(seq, this.#producer.lastNs);
    const blame = detail && this.#blame(detail.sentAtNs, detail.settledAtNs);
    const finding: Finding = {
      class: name,
      message: messageName(this.#producer.producer, seq),
      proved: more.proved,
      how: more.how,
      group: more.group,
      partition: detail && partitionOf(detail.partition),
      position: detail && positionOf(detail.position),
      receivedAtNs: undefined,
      redelivered: undefined,
      sentAtNs: detail?.sentAtNs,
      settledAtNs: detail?.settledAtNs,
      attempts: detail?.attempts,
      fault: blame?.fault,
      otherFaults: blame?.otherFaults,
      when: blame?.when,
      confidence: blame?.confidence,
    };
    findings.list(finding);
    return finding;
  }
}

function partitionOf(partition: number): number | undefined {
  return partition === none16 ? undefined : partition;
}

function positionOf(position: number): number | undefined {
  return position === noPosition ? undefined : position;
}

export function placeOf(partition: number, position: number): { partition?: number; position?: number } {
  return {
    ...(partition === none16 ? {} : { partition }),
    ...(position === noPosition ? {} : { position }),
  };
}

export function isDuplicate(name: NotedClass): boolean {
  return name === 'duplicate-stored' || name === 'duplicate-delivered' || name === 'duplicate-undecided';
}
