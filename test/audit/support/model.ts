/** A made-up run as plain event lists, one per journal: what the generator makes, the writer writes, the oracle judges. */
import { writeFileSync } from 'node:fs';
import type { Event, EventBody } from '../../../src/journal/event.ts';
import { RunFolder } from './folder.ts';

export interface ModelJournal {
  readonly name: string;
  readonly role: 'producer' | 'consumer' | 'reader' | 'store' | 'dead-letters';
  readonly producer?: number;
  readonly events: readonly Event[];
  readonly closed: boolean;
  /** The runner noted how long it was. */
  readonly noted: boolean;
  /** Why the runner says that receipts may be missing. */
  readonly incomplete?: string;
}

export interface Model {
  readonly partitions: number;
  readonly groups: readonly string[];
  readonly positions: 'partition' | 'none';
  readonly redelivery?: { readonly attempts: number; readonly deadLetter: boolean } | undefined;
  readonly effects?: 'reported' | undefined;
  readonly journals: readonly ModelJournal[];
  readonly runner: readonly Event[];
  readonly runnerClosed: boolean;
}

export function at(atNs: number, body: EventBody): Event {
  return { ...body, atNs } as Event;
}

/** Writes all journals of a model; the folder is the caller's to dispose. */
export function writeModel(model: Model): RunFolder {
  const { partitions, groups, positions, redelivery, effects } = model;
  const optional = { ...(redelivery && { redelivery }), ...(effects && { effects }) };
  const folder = new RunFolder({ partitions, groups, positions, ...optional });
  const runner = folder.open('runner', 'runner');
  const append = (name: string, events: readonly Event[]): void => {
    for (const event of events) {
      folder.nowNs = event.atNs;
      folder.writers.get(name)?.append(event);
    }
  };
  for (const journal of model.journals) {
    folder.open(journal.role, journal.name, journal.producer);
    append(journal.name, journal.events);
  }
  append('runner', model.runner);
  for (const { name, role, closed, noted, incomplete } of model.journals) {
    if (role === 'store' || role === 'dead-letters') {
      if (closed) folder.writers.get(name)?.close();
      else folder.writers.get(name)?.flush();
      continue; // the runner's own: no worker wrote it
    }
    const detail = { name, role, journal: `${name}.journal` };
    runner.append({ kind: 'worker', state: 'started', detail });
    const more = incomplete === undefined ? {} : { incomplete };
    if (noted) folder.exit(runner, name, role, !closed, more);
    else if (closed) folder.writers.get(name)?.close();
    else folder.writers.get(name)?.flush();
  }
  if (model.runnerClosed) runner.close();
  else runner.flush();
  return folder;
}

/** Replaces a journal's bytes: a cut, a flip. */
export function overwrite(path: string, bytes: Uint8Array): void {
  writeFileSync(path, bytes);
}
