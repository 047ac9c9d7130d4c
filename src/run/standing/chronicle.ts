/**
 * What was done to a cluster that stands on its own: a journal for each time that it was started. Every event has the wall
 * clock of its moment beside the monotonic one, because the times of an application's own records are all that it can be
 * compared with.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Evidence } from '../../cluster/controls.ts';
import { newClockBase, runClock } from '../../journal/clock.ts';
import { eventPass } from '../../journal/decode.ts';
import type { Event, FaultDetail, FaultStep, NodeState } from '../../journal/event.ts';
import { scanJournal } from '../../journal/reader.ts';
import { JournalWriter } from '../../journal/writer.ts';
import { journalsOf } from '../folder/folder.ts';
import type { StandingFolder } from './folder.ts';

export class Chronicle implements Disposable {
  /** Faults that were ordered before this start: the next one is numbered on. */
  readonly faultsBefore: number;
  readonly #journal: JournalWriter;

  private constructor(journal: JournalWriter, faultsBefore: number) {
    this.#journal = journal;
    this.faultsBefore = faultsBefore;
  }

  static async open(folder: StandingFolder): Promise<Chronicle> {
    mkdirSync(folder.journals, { recursive: true });
    const before = await readChronicle(folder);
    const writer = `cluster.${Math.max(0, ...journalsOf(folder).map(numberOf)) + 1}`;
    const clock = newClockBase();
    const header = { run: 'standing', role: 'runner', writer, clock, topic: 'none', partitions: 0 } as const;
    const journal = new JournalWriter(
      join(folder.journals, `${writer}.journal`),
      { ...header, groups: [], positions: 'partition' },
      runClock(clock),
    );
    return new Chronicle(
      journal,
      Math.max(0, ...before.map(({ event }) => (event.kind === 'fault' ? event.fault : 0))),
    );
  }

  /** In the kernel when it returns. */
  fault(step: FaultStep, number: number, detail: FaultDetail): void {
    this.#journal.append({ kind: 'fault', step, fault: number, detail: { ...detail, wall: wallNow() } });
    this.#journal.flush();
  }

  node(number: number, id: string, state: NodeState, detail: Evidence): void {
    this.#journal.append({ kind: 'node', state, node: number, detail: { ...detail, id, wall: wallNow() } });
    this.#journal.flush();
  }

  [Symbol.dispose](): void {
    this.#journal.close();
  }
}

export interface ChronicleEvent {
  /** How manyeth start of the cluster it is of: monotonic times of two do not compare. */
  readonly start: number;
  readonly event: Extract<Event, { kind: 'fault' | 'node' }>;
  /** Nanoseconds since 1970; undefined: the end of its record is missing. */
  readonly wallNs: number | undefined;
}

/** All of it, in the order of its writing; of a journal that is being written what there is by now. */
export async function readChronicle(folder: StandingFolder): Promise<ChronicleEvent[]> {
  const events: ChronicleEvent[] = [];
  if (!existsSync(folder.journals)) return events; // its cluster was started by an mqchaos of before
  for (const path of journalsOf(folder).sort((a, b) => numberOf(a) - numberOf(b))) {
    const { pass, finish } = eventPass((event) => {
      if (event.kind !== 'fault' && event.kind !== 'node') return;
      const wallNs = Date.parse(String(event.detail.wall)) * 1e6;
      events.push({ start: numberOf(path), event, wallNs: Number.isNaN(wallNs) ? undefined : wallNs });
    });
    await scanJournal(path, pass);
    finish();
  }
  return events;
}

/** How manyeth start of the cluster a journal is of. */
function numberOf(path: string): number {
  return Number(/\.(\d+)\.journal$/.exec(path)?.[1] ?? 0);
}

function wallNow(): string {
  return new Date().toISOString();
}
