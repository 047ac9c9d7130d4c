/** Writes the lines about one range of a producer's messages. */
import { deliveryFlags, none16, noPosition } from '../../journal/event.ts';
import { attribute, nextFault } from '../attribution.ts';
import type { FindingClass } from '../class.ts';
import type { Details } from '../details.ts';
import type { Finding } from '../finding.ts';
import type { ProducerHistory } from '../history.ts';
import type { NotedClass } from '../notes.ts';
import { eachBit } from '../planes.ts';
import type { Settlement } from '../settlement.ts';
import { groupName } from '../strangers.ts';
import type { CheckContext } from './check.ts';

export class Listing {
  readonly #context: CheckContext;
  readonly #producer: ProducerHistory;
  readonly #details: Details;

  constructor(context: CheckContext, producer: ProducerHistory, details: Details) {
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
      this.#line('undelivered', first + bit, { how: this.#how((open >>> bit) & 1, (oneway >>> bit) & 1) });
    });
  }

  note(row: number): void {
    const { history, messageName, findings } = this.#context;
    const note = history.sightings.notes.at(row);
    const detail = this.#details.of(note.seq, this.#producer.lastNs);
    const finding: Draft = { class: note.class, message: messageName(note.producer, note.seq) };
    const group = groupName(history.groups, note.group);
    if (group !== undefined) finding.group = group;
    putPlace(finding, note.partition, note.position);
    finding.receivedAtNs = note.atNs;
    if (isDuplicate(note.class)) finding.redelivered = (note.flags & deliveryFlags.redelivered) !== 0;
    if (detail !== undefined) {
      finding.sentAtNs = detail.sentAtNs;
      finding.settledAtNs = detail.settledAtNs;
      // What is delivered again was disturbed between its ack and the repeat; all else when it was sent.
      if (note.class === 'duplicate-delivered') this.#attribute(finding, detail.settledAtNs, note.atNs);
      else this.#attribute(finding, detail.sentAtNs, detail.settledAtNs);
    }
    findings.list(finding);
  }

  #attribute(finding: Draft, fromNs: number, toNs: number): void {
    const { fault, otherFaults, when, confidence } = attribute(this.#context.history.record.faults, fromNs, toNs);
    if (fault !== undefined) finding.fault = fault;
    if (otherFaults !== undefined) finding.otherFaults = otherFaults;
    if (when !== undefined) finding.when = when;
    if (confidence !== undefined) finding.confidence = confidence;
  }

  #how(open: number, oneway: number): 'told' | 'silent' | 'died' {
    if (open === 1) return this.#producer.source.state === 'closed' ? 'silent' : 'died';
    return oneway === 1 ? 'silent' : 'told';
  }

  #lost(name: 'lost' | 'rolled-back', seq: number, more: Partial<Finding>): void {
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

  #line(name: FindingClass, seq: number, more: Partial<Finding>): Finding {
    const { messageName, findings } = this.#context;
    const detail = this.#details.of(seq, this.#producer.lastNs);
    const finding: Draft = { class: name, message: messageName(this.#producer.producer, seq), ...more };
    if (detail !== undefined) {
      putPlace(finding, detail.partition, detail.position);
      finding.sentAtNs = detail.sentAtNs;
      finding.settledAtNs = detail.settledAtNs;
      finding.attempts = detail.attempts;
      this.#attribute(finding, detail.sentAtNs, detail.settledAtNs);
    }
    findings.list(finding);
    return finding;
  }
}

/** Findings are built field by field: there may be millions, and copies of copies are most of their cost. */
type Draft = { -readonly [K in keyof Finding]: Finding[K] };

function putPlace(finding: Draft, partition: number, position: number): void {
  if (partition !== none16) finding.partition = partition;
  if (position !== noPosition) finding.position = position;
}

export function placeOf(partition: number, position: number): { partition?: number; position?: number } {
  return {
    ...(partition === none16 ? {} : { partition }),
    ...(position === noPosition ? {} : { position }),
  };
}

function isDuplicate(name: NotedClass): boolean {
  return name === 'duplicate-stored' || name === 'duplicate-delivered' || name === 'duplicate-undecided';
}
