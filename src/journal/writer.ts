/**
 * Appends events to one journal file. One writer a file, no lock. Events are buffered until `flush`: the caller flushes
 * once a tick, before the tick's sends and acks leave (see the write order in event.ts).
 */
import type { RunClock } from './clock.ts';
import {
  ackSteps,
  assignments,
  type Delivery,
  drainSteps,
  type EventBody,
  effectOutcomes,
  failureCauses,
  faultSteps,
  holdings,
  kinds,
  marks,
  type NameSpace,
  nameSpaces,
  nodeStates,
  none8,
  none16,
  noPosition,
  type OutcomeName,
  outcomes,
  type Position,
  phases,
  storeStates,
  workerStates,
} from './event.ts';
import { encodeHeader, type JournalHeader } from './header.ts';
import { packDelivery, packEpoch, saturate } from './record.ts';
import { RecordFile } from './record-file.ts';

export class JournalWriter implements Disposable {
  readonly path: string;
  readonly #file: RecordFile;
  readonly #names = new Map<string, number>();
  #closed = false;

  /** Creates the file; throws EEXIST rather than touch a journal that is there. */
  constructor(path: string, header: JournalHeader, now: RunClock) {
    this.path = path;
    this.#file = new RecordFile(path, encodeHeader(header), now);
  }

  /** Records appended so far, flushed or not. */
  get records(): number {
    return this.#file.records;
  }

  intended(producer: number, seq: number, attempt: number, partition: number, sizeBytes: number): void {
    this.#file.put(kinds.intended, 0, producer, seq, none16, noPosition, partition, sizeBytes, attempt, none8, none8);
  }

  outcome(
    producer: number,
    seq: number,
    attempt: number,
    outcome: OutcomeName,
    latencyUs: number,
    place?: Partial<Position>,
    reason?: string,
  ): void {
    // a degraded outcome has a place and a reason; the session's field is free in a producer's records
    const error = reason === undefined ? none16 : Math.min(this.name('error', reason), none16);
    this.#file.put(
      kinds.outcome,
      outcomes[outcome],
      producer,
      seq,
      error,
      place?.position ?? noPosition,
      place?.partition ?? none16,
      saturate(latencyUs, 0xffffffff),
      attempt,
      none8,
      packEpoch(place?.epoch),
    );
  }

  /** An attempt that ended without an acknowledgement; `reason` is a short stable name, at most a few dozen a run. */
  failed(
    producer: number,
    seq: number,
    attempt: number,
    outcome: 'rejected' | 'unknown',
    latencyUs: number,
    reason: string,
  ): void {
    const error = this.name('error', reason);
    const value = saturate(latencyUs, 0xffffffff);
    this.#file.put(
      kinds.outcome,
      outcomes[outcome],
      producer,
      seq,
      none16,
      error,
      none16,
      value,
      attempt,
      none8,
      none8,
    );
  }

  received(delivery: Delivery, group: number, session: number, attempt: number): void {
    this.#delivery(kinds.received, delivery, group, session, attempt);
  }

  stored(delivery: Delivery): void {
    this.#delivery(kinds.stored, delivery, none8, none16, 0);
  }

  /** Number of a name in this journal; the first use writes it down. */
  name(space: NameSpace, text: string): number {
    const key = `${space} ${text}`;
    let id = this.#names.get(key);
    if (id === undefined) {
      id = this.#names.size;
      this.#names.set(key, id);
      this.append({ kind: 'name', space, id, text });
    }
    return id;
  }

  /** Any event. The hot ones have methods of their own, which make no object. */
  append(event: EventBody): void {
    switch (event.kind) {
      case 'intended':
        return this.intended(event.producer, event.seq, event.attempt, event.partition, event.sizeBytes);
      case 'outcome':
        return this.#appendOutcome(event);
      case 'received':
        return this.received(event, event.group, event.session, event.attempt);
      case 'stored':
        return this.stored(event);
      case 'dead':
        return this.#delivery(kinds.dead, event, event.group, none16, event.attempt);
      case 'disowned':
      case 'untraced': {
        const { kind, producer, seq } = event;
        this.#file.put(kinds[kind], 0, producer, seq, none16, noPosition, none16, 0, 0, none8, none8);
        return;
      }
      case 'processingFailed':
        return this.#consumer(kinds.processingFailed, failureCauses[event.cause ?? 'processing'], event, 0);
      case 'redeliveryScheduled':
        return this.#consumer(kinds.redeliveryScheduled, 0, event, event.delayMs);
      case 'deadLettered':
        return this.#consumer(kinds.deadLettered, 0, event, 0);
      case 'effect':
        return this.#consumer(kinds.effect, effectOutcomes[event.effect], event, 0);
      case 'held':
        return this.#consumer(
          kinds.held,
          holdings[event.holding],
          { ...event, session: none16, attempt: 0 },
          event.count,
        );
      default:
        return this.#appendRunEvent(event);
    }
  }

  /** Hands everything appended so far to the kernel. */
  flush(): void {
    this.#file.flush();
  }

  /** Marks the journal complete: its writer ended by its own will. Without the mark it counts as unclosed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.append({ kind: 'mark', mark: 'closed', records: this.records });
    this.#file.close();
  }

  /** Closes the file without the mark: its writer may have had more to say. */
  leave(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #appendOutcome(event: Extract<EventBody, { kind: 'outcome' }>): void {
    if (event.error === undefined) {
      return this.outcome(event.producer, event.seq, event.attempt, event.outcome, event.latencyUs, event);
    }
    const value = saturate(event.latencyUs, 0xffffffff);
    const code = outcomes[event.outcome];
    const { producer, seq, attempt, error } = event;
    if (event.outcome === 'degraded') {
      const { position = noPosition, partition = none16, epoch } = event;
      const packed = packEpoch(epoch);
      this.#file.put(kinds.outcome, code, producer, seq, error, position, partition, value, attempt, none8, packed);
      return;
    }
    this.#file.put(kinds.outcome, code, producer, seq, none16, error, none16, value, attempt, none8, none8);
  }

  #appendRunEvent(event: Exclude<EventBody, { producer: number }>): void {
    switch (event.kind) {
      case 'ack':
        return this.#place(kinds.ack, ackSteps[event.step], event.session, event, event.group);
      case 'assigned':
        return this.#place(kinds.assigned, assignments[event.assignment], event.session, event, event.group);
      case 'store': {
        const { group, session, detail } = event;
        this.#file.put(
          kinds.store,
          storeStates[event.state],
          none16,
          0,
          session,
          noPosition,
          none16,
          0,
          0,
          group,
          none8,
        );
        return this.#file.text(JSON.stringify(detail));
      }
      case 'fault':
        return this.#detailed(kinds.fault, faultSteps[event.step], event.fault, none16, event.detail);
      case 'node':
        return this.#detailed(kinds.node, nodeStates[event.state], 0, event.node, event.detail);
      case 'worker':
        return this.#detailed(kinds.worker, workerStates[event.state], 0, none16, event.detail);
      case 'phase':
        return this.#detailed(kinds.phase, phases[event.phase], 0, none16, event.detail);
      case 'drain':
        return this.#detailed(kinds.drain, drainSteps[event.step], event.ok ? 1 : 0, none16, event.detail);
      case 'read':
        return this.#detailed(kinds.read, 0, 0, none16, event.detail);
      case 'incident':
        return this.#detailed(kinds.incident, 0, 0, none16, event.detail);
      case 'name':
        this.#file.put(
          kinds.name,
          nameSpaces[event.space],
          none16,
          event.id,
          none16,
          noPosition,
          none16,
          0,
          0,
          none8,
          none8,
        );
        return this.#file.text(event.text);
      case 'mark':
        this.#file.put(kinds.mark, marks[event.mark], none16, 0, none16, event.records, none16, 0, 0, none8, none8);
        return;
    }
  }

  #delivery(kind: number, delivery: Delivery, group: number, session: number, attempt: number): void {
    this.#file.put(
      kind,
      delivery.flags,
      delivery.producer,
      delivery.seq,
      session,
      delivery.position ?? noPosition,
      delivery.partition,
      packDelivery(delivery.latencyUs, delivery.sendAttempt),
      attempt,
      group,
      packEpoch(delivery.epoch),
    );
  }

  #consumer(
    kind: number,
    code: number,
    event: { producer: number; seq: number; group: number; session: number; attempt: number },
    value: number,
  ): void {
    const { producer, seq, session, attempt, group } = event;
    this.#file.put(kind, code, producer, seq, session, noPosition, none16, value, attempt, group, none8);
  }

  #place(kind: number, code: number, session: number, place: Position, group: number): void {
    const position = place.position ?? noPosition;
    this.#file.put(kind, code, none16, 0, session, position, place.partition, 0, 0, group, packEpoch(place.epoch));
  }

  #detailed(kind: number, code: number, id: number, session: number, detail: unknown): void {
    this.#file.put(kind, code, none16, id, session, noPosition, none16, 0, 0, none8, none8);
    this.#file.text(JSON.stringify(detail));
  }
}
