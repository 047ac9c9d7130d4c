/** Lists the findings about one range of a producer's messages. */
import { deliveryFlags, none16, noPosition } from '../../journal/event.ts';
import type { CheckContext } from '../checks/check.ts';
import type { SendDetails } from '../fates/details.ts';
import type { Settlement } from '../fates/settlement.ts';
import type { ProducerHistory } from '../history/history.ts';
import { groupName } from '../history/strangers.ts';
import type { NotedClass } from '../structures/notes.ts';
import { eachBit } from '../structures/planes.ts';
import { type Attribution, attribute, nextFault } from '../windows/attribution.ts';
import { anySide, culprits } from '../windows/sides.ts';
import type { Finding } from './finding.ts';
import { isLoss, type LineKind, type LineKinds } from './line-kinds.ts';
import type { LineLoops } from './line-loops.ts';

/** All findings have the same fields in the same order, so that V8 uses one hidden class for all of them. */
export class Listing {
  readonly #context: CheckContext;
  readonly #producer: ProducerHistory;
  readonly #details: SendDetails;
  readonly #kinds: LineKinds;
  readonly #loops: LineLoops | undefined;

  /** `loops` write the lines that they can write. Undefined: every finding is listed here. */
  constructor(
    context: CheckContext,
    producer: ProducerHistory,
    details: SendDetails,
    kinds: LineKinds,
    loops: LineLoops | undefined,
  ) {
    this.#context = context;
    this.#producer = producer;
    this.#details = details;
    this.#kinds = kinds;
    this.#loops = loops;
  }

  word(settlement: Settlement, base: number, word: number): void {
    const { sends } = this.#context.history;
    const first = word * 32;
    const kinds = this.#kinds;
    eachBit(settlement.lost, (bit) => {
      this.#tell(kinds.lost[(settlement.lostProved >>> bit) & 1] as LineKind, first + bit);
    });
    this.#tellAll(kinds.rolledBack, settlement.rolledBack, first);
    if (settlement.skipped !== 0) this.#skipped(settlement.skipped, base + word, first);
    if (settlement.unseen !== 0) this.#unseen(settlement.unseen, base + word, first);
    this.#tellAll(kinds.degradedLost, settlement.degradedLost, first);
    this.#tellAll(kinds.recovered, settlement.recovered, first);
    this.#tellAll(kinds.contradicted, settlement.contradicted, first);
    this.#tellAll(kinds.pending, settlement.pending, first);
    const open = ~(sends.settled[base + word] as number);
    const oneway = sends.oneway[base + word] as number;
    eachBit(settlement.undelivered, (bit) => {
      const how = this.#how((open >>> bit) & 1, (oneway >>> bit) & 1);
      this.#tell(kinds.undelivered[how], first + bit);
      if (how === 'silent') this.#tell(kinds.undeliveredSilent, first + bit);
    });
  }

  /** Writes the lines that are still to be written by loops. Call it after the last word. */
  endOfWords(): void {
    this.#loops?.write(this.#leave);
  }

  readonly #leave = (kind: number, seq: number): void => this.#line(this.#kinds.all[kind] as LineKind, seq);

  #tellAll(kind: LineKind, bits: number, first: number): void {
    eachBit(bits, (bit) => this.#tell(kind, first + bit));
  }

  #tell(kind: LineKind, seq: number): void {
    if (this.#loops === undefined) this.#line(kind, seq);
    else if (this.#loops.add(kind.number, seq)) this.#loops.write(this.#leave);
  }

  /** Lists rows of notes, which are all of this producer. Rows for which `isHere` is false are left out. */
  notes(rows: Uint32Array, isHere: (row: number) => boolean): void {
    for (let at = 0; at < rows.length; at += 1) {
      if (this.#loops !== undefined) at = this.#loops.notes(at, rows.length);
      if (at === rows.length) break;
      const row = rows[at] as number;
      if (isHere(row)) this.#note(row);
    }
  }

  #note(row: number): void {
    const { history, messageName, findings } = this.#context;
    const note = history.sightings.notes.at(row);
    const detail = this.#details.of(note.seq, this.#producer.lastNs);
    // A fault that causes a second delivery acts between the ack and that delivery; other faults act during the send.
    const again = note.class === 'duplicate-delivered';
    const blame =
      detail &&
      (again
        ? this.#blame(detail.settledAtNs, note.atNs, anySide, note.atNs)
        : this.#blame(detail.sentAtNs, detail.settledAtNs, anySide, note.atNs));
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

  #blame(fromNs: number, toNs: number, from: number, seenNs?: number): Attribution {
    return attribute(this.#context.faults, fromNs, toNs, from, seenNs);
  }

  #how(open: number, oneway: number): 'told' | 'silent' | 'died' {
    if (open === 1) return this.#producer.source.state === 'closed' ? 'silent' : 'died';
    return oneway === 1 ? 'silent' : 'told';
  }

  #loss(finding: Finding): void {
    if (finding.settledAtNs === undefined) return;
    const { faults } = this.#context;
    const blamed = faults.find((fault) => fault.id === finding.fault);
    if (blamed !== undefined) blamed.lostMessages += 1;
    const fault = nextFault(faults, finding.settledAtNs, culprits(finding.class, finding.proved));
    if (fault?.injectingNs === undefined) return;
    const windowMs = (fault.injectingNs - finding.settledAtNs) / 1e6;
    fault.lossWindowMs = Math.max(fault.lossWindowMs ?? 0, windowMs);
  }

  #skipped(bits: number, at: number, first: number): void {
    const { receipts, evidence } = this.#context.history;
    for (const [group, plane] of receipts.delivered.entries()) {
      if (evidence.drained[group] === true)
        this.#tellAll(this.#kinds.skippedBy[group] as LineKind, bits & ~(plane[at] as number), first);
    }
  }

  /** Names the group if only one group did not receive the message. */
  #unseen(bits: number, at: number, first: number): void {
    const { delivered } = this.#context.history.receipts;
    eachBit(bits, (bit) => {
      const missing = [...delivered.keys()].filter(
        (group) => ((((delivered[group] as Int32Array)[at] as number) >>> bit) & 1) === 0,
      );
      const only = missing.length === 1 ? this.#kinds.unseenBy[missing[0] as number] : undefined;
      this.#tell(only ?? this.#kinds.unseen, first + bit);
    });
  }

  #line({ class: name, more }: LineKind, seq: number): void {
    const { messageName, findings } = this.#context;
    const detail = this.#details.of(seq, this.#producer.lastNs);
    const blame = detail && this.#blame(detail.sentAtNs, detail.settledAtNs, culprits(name, more.proved));
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
    if (isLoss(name)) this.#loss(finding);
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
