/** A small run told line by line, for the golden cases: healthy unless the test says otherwise. */
import { type Audit, auditRun, type Finding } from '../../../src/audit/audit.ts';
import type { Expectation } from '../../../src/audit/class.ts';
import {
  deliveryFlags,
  type EffectOutcome,
  type Event,
  type EventBody,
  type HoldingName,
  none16,
  type OutcomeName,
  type StoreDetail,
} from '../../../src/journal/event.ts';
import { at, type Model, type ModelJournal, writeModel } from './model.ts';

export interface Place {
  readonly partition?: number;
  readonly position?: number;
  readonly epoch?: number;
}

export class Story {
  partitions = 1;
  groups: string[] = ['g'];
  positions: 'partition' | 'none' = 'partition';
  /** Present from the first `store` or `read`. */
  reader = false;
  runnerClosed = true;
  /** The store of each group's effects was read: present from the first `hold`, or when set. */
  storeRead: boolean | 'never' = 'never';
  drained: boolean | 'never' = true;
  redelivery: Model['redelivery'];
  /** `reported`: consumers' own records say what was processed. */
  effects: Model['effects'];
  #deadRead: boolean | 'never' = 'never';
  readonly #dead: Event[] = [];
  readonly ends = new Map<string, { closed?: boolean; noted?: boolean; incomplete?: string }>();
  readonly #producers = new Map<number, Event[]>();
  readonly #consumers = new Map<string, Event[]>();
  readonly #stored: Event[] = [];
  readonly #held: Event[] = [];
  readonly #runner: Event[] = [];
  nowMs = 0;

  at(ms: number): this {
    this.nowMs = ms;
    return this;
  }

  /** Every attempt with its outcome; `none` leaves it open. */
  send(
    producer: number,
    seq: number,
    outcomes: readonly (OutcomeName | 'none')[] = ['acked'],
    place: Place = {},
  ): this {
    const events = this.#producers.get(producer) ?? [];
    this.#producers.set(producer, events);
    const partition = place.partition ?? 0;
    for (const [index, outcome] of outcomes.entries()) {
      const attempt = index + 1;
      events.push(this.#event({ kind: 'intended', producer, seq, attempt, partition, sizeBytes: 1 }));
      this.nowMs += 1;
      if (outcome === 'none') continue;
      const told = outcome === 'acked' || outcome === 'degraded' ? { position: seq, ...place, partition } : {};
      events.push(this.#event({ kind: 'outcome', producer, seq, outcome, attempt, latencyUs: 1000, ...told }));
    }
    return this;
  }

  /** The sender contradicts its own answer. */
  disown(producer: number, seq: number): this {
    this.#producers.get(producer)?.push(this.#event({ kind: 'disowned', producer, seq }));
    return this;
  }

  receive(
    producer: number,
    seq: number,
    place: Place & { flags?: number; group?: number; session?: number; sendAttempt?: number } = {},
    who = 'c1',
  ): this {
    const events = this.#consumers.get(who) ?? [];
    this.#consumers.set(who, events);
    const { flags = 0, group = 0, session = 1, partition = 0, ...where } = place;
    const delivery = { producer, seq, flags, partition, position: seq, sendAttempt: 1, ...where, latencyUs: 2048 };
    events.push(this.#event({ kind: 'received', ...delivery, group, session, attempt: 1 }));
    return this;
  }

  consume(body: EventBody, who = 'c1'): this {
    const events = this.#consumers.get(who) ?? [];
    this.#consumers.set(who, events);
    events.push(this.#event(body));
    return this;
  }

  store(producer: number, seq: number, place: Place & { flags?: number } = {}): this {
    const { flags = 0, partition = 0, ...where } = place;
    const delivery = { producer, seq, flags, partition, position: seq, ...where, sendAttempt: 1, latencyUs: 0 };
    this.#stored.push(this.#event({ kind: 'stored', ...delivery }));
    this.reader = true;
    return this;
  }

  /** A try at processing fails. */
  fail(producer: number, seq: number, attempt: number, who = 'c1'): this {
    return this.consume({ kind: 'processingFailed', producer, seq, group: 0, session: 1, attempt }, who);
  }

  /** A try after the first, by the retry topic. */
  retry(producer: number, seq: number, attempt: number, who = 'c1'): this {
    const delivery = { producer, seq, flags: deliveryFlags.scheduled, partition: 0, sendAttempt: 1, latencyUs: 2048 };
    return this.consume({ kind: 'received', ...delivery, group: 0, session: 1, attempt }, who);
  }

  /** The dead letter topic holds it. */
  bury(producer: number, seq: number): this {
    const delivery = { producer, seq, flags: 0, partition: 0, sendAttempt: 1, latencyUs: 0 };
    this.#dead.push(this.#event({ kind: 'dead', ...delivery, group: 0, attempt: 3 }));
    return this.deadLettersRead();
  }

  /** The dead letter topic holds something at a position of its own. */
  buryUnidentified(position: number): this {
    const delivery = { producer: none16, seq: 0, flags: deliveryFlags.unidentified, partition: 0, position };
    this.#dead.push(this.#event({ kind: 'dead', ...delivery, sendAttempt: 1, latencyUs: 0, group: 0, attempt: 3 }));
    return this.deadLettersRead();
  }

  deadLettersRead(ok = true): this {
    this.#deadRead = ok;
    return this;
  }

  /** A consumer records what the store said. */
  effect(producer: number, seq: number, effect: EffectOutcome = 'applied', group = 0, who = 'c1'): this {
    return this.consume({ kind: 'effect', producer, seq, group, session: 1, attempt: 1, effect }, who);
  }

  /** A call, or a connection, to the store of the effects fails. */
  lose(detail: Partial<StoreDetail> = {}, who = 'c1'): this {
    const all = { store: 'redis at h:6379', why: 'store-lost', ...detail };
    return this.consume({ kind: 'store', state: 'lost', group: 0, session: 1, detail: all }, who);
  }

  /** It answers, again if it was lost. */
  reach(detail: Partial<StoreDetail> = {}, who = 'c1'): this {
    const all = { store: 'redis at h:6379', ...detail };
    return this.consume({ kind: 'store', state: 'reached', group: 0, session: 1, detail: all }, who);
  }

  /** The store holds it at the end. */
  hold(producer: number, seq: number, count = 1, holding: HoldingName = 'effect', group = 0): this {
    if (this.storeRead === 'never') this.storeRead = true;
    this.#held.push(this.#event({ kind: 'held', holding, producer, seq, group, count }));
    return this;
  }

  read(partition = 0, from = 0, complete = true, reason?: string): this {
    const detail = { partition, from, to: 1e6, complete, ...(reason === undefined ? {} : { reason }) };
    this.#stored.push(this.#event({ kind: 'read', detail }));
    this.reader = true;
    return this;
  }

  fault(id: string, fromMs: number, toMs?: number, target = 'b1'): this {
    const detail = { id, do: 'kill', targets: [target] };
    this.at(fromMs).run({ kind: 'fault', step: 'injecting', fault: 1, detail });
    this.run({ kind: 'fault', step: 'injected', fault: 1, detail });
    if (toMs !== undefined) this.at(toMs).run({ kind: 'fault', step: 'healed', fault: 1, detail });
    return this;
  }

  run(body: EventBody): this {
    this.#runner.push(this.#event(body));
    return this;
  }

  end(name: string, how: { closed?: boolean; noted?: boolean; incomplete?: string }): this {
    this.ends.set(name, how);
    return this;
  }

  model(): Model {
    const journals: ModelJournal[] = [
      ...[...this.#producers].map(([producer, events]) => this.#journal(`p${producer}`, 'producer', events, producer)),
      ...[...this.#consumers].map(([name, events]) => this.#journal(name, 'consumer', events)),
      ...(this.reader ? [this.#journal('reader', 'reader', this.#stored)] : []),
      ...(this.storeRead === 'never' ? [] : [this.#journal('effects', 'store', this.#held)]),
      ...(this.#deadRead === 'never' ? [] : [this.#journal('dead-letters', 'dead-letters', this.#dead)]),
    ];
    const { partitions, groups, positions, redelivery, effects, runnerClosed } = this;
    return {
      partitions,
      groups,
      positions,
      redelivery,
      effects,
      journals,
      runner: [...this.#runner, ...this.#drain()],
      runnerClosed,
    };
  }

  async audit(
    expectation: Expectation = { limits: {} },
    more: object = {},
  ): Promise<Audit & { lines: string[]; all: Finding[] }> {
    using folder = writeModel(this.model());
    const all: Finding[] = [];
    const onFinding = (finding: Finding): void => {
      all.push(finding);
    };
    const audit = await auditRun({ journals: folder.journals(), expectation, onFinding, ...more });
    const lines = all.map(({ class: name, message, group }) => [name, message, group].filter(Boolean).join(' ')).sort();
    return { ...audit, lines, all };
  }

  #journal(name: string, role: ModelJournal['role'], events: readonly Event[], producer?: number): ModelJournal {
    const end = { closed: true, noted: true, ...this.ends.get(name) };
    return { name, role, events, ...end, ...(producer === undefined ? {} : { producer }) };
  }

  #drain(): Event[] {
    if (this.drained === 'never') return [];
    const steps = (['settled', 'healed', 'probed', 'renewed'] as const).map((step) =>
      this.#event({ kind: 'drain', step, ok: true, detail: {} }),
    );
    const ok = this.drained;
    const groups = this.groups.map((_, group) =>
      this.#event({ kind: 'drain', step: 'drained', ok, detail: { group } }),
    );
    const { storeRead } = this;
    const stores =
      storeRead === 'never'
        ? []
        : this.groups.map((_, group) =>
            this.#event({ kind: 'drain', step: 'effects', ok: storeRead, detail: { group } }),
          );
    const read = this.#deadRead;
    const dead = read === 'never' ? [] : this.groups.map((_, group) => ({ group, ok: read }));
    const letters = dead.map(({ group, ok: done }) =>
      this.#event({ kind: 'drain', step: 'dead-letters', ok: done, detail: { group } }),
    );
    return [...steps, ...groups, ...stores, ...letters];
  }

  #event(body: EventBody): Event {
    return at(Math.round(this.nowMs * 1e6), body);
  }
}
