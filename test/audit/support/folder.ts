/** Journals of a made-up run in a temporary folder, written through the real writer with a clock that the test sets. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultDetail } from '../../../src/journal/event.ts';
import type { JournalHeader } from '../../../src/journal/header.ts';
import { JournalWriter } from '../../../src/journal/writer.ts';

export interface FolderOptions {
  readonly partitions?: number;
  readonly groups?: readonly string[];
  readonly positions?: 'partition' | 'none';
  readonly redelivery?: NonNullable<JournalHeader['redelivery']>;
  readonly effects?: NonNullable<JournalHeader['effects']>;
}

export class RunFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'mqchaos-audit-'));
  readonly #options: Required<Omit<FolderOptions, 'redelivery' | 'effects'>> &
    Pick<FolderOptions, 'redelivery' | 'effects'>;
  readonly writers = new Map<string, JournalWriter>();
  nowNs = 0;

  constructor(options: FolderOptions = {}) {
    this.#options = { partitions: 2, groups: ['g'], positions: 'partition', ...options };
  }

  header(role: JournalHeader['role'], writer: string, producer?: number): JournalHeader {
    return {
      run: 'test',
      role,
      writer,
      ...(producer === undefined ? {} : { producer }),
      clock: { source: 'monotonic', bootId: 'boot', baseNs: '0', wall: '2026-01-01T00:00:00Z' },
      topic: 't',
      partitions: this.#options.partitions,
      groups: this.#options.groups,
      positions: this.#options.positions,
      ...(this.#options.effects && { effects: this.#options.effects }),
      ...(this.#options.redelivery && { redelivery: this.#options.redelivery }),
    };
  }

  open(role: JournalHeader['role'], writer: string, producer?: number): JournalWriter {
    const path = join(this.path, `${writer}.journal`);
    const made = new JournalWriter(path, this.header(role, writer, producer), () => this.nowNs);
    this.writers.set(writer, made);
    return made;
  }

  at(ms: number): this {
    this.nowNs = Math.round(ms * 1e6);
    return this;
  }

  /** Ends a writer and has the runner note it; `killed` leaves out the closing mark. */
  exit(
    runner: JournalWriter,
    name: string,
    role: 'producer' | 'consumer' | 'reader',
    killed = false,
    more: { readonly incomplete?: string } = {},
  ): void {
    const writer = this.writers.get(name);
    if (writer === undefined) throw new Error(`no writer ${name}`);
    if (killed) writer.flush();
    else writer.close();
    runner.append({
      kind: 'worker',
      state: 'exited',
      detail: { name, role, journal: `${name}.journal`, records: writer.records, finished: !killed, ...more },
    });
  }

  drain(runner: JournalWriter, groups: readonly number[] = [0]): void {
    for (const step of ['settled', 'healed', 'probed', 'renewed'] as const) {
      runner.append({ kind: 'drain', step, ok: true, detail: {} });
    }
    for (const group of groups) runner.append({ kind: 'drain', step: 'drained', ok: true, detail: { group } });
  }

  fault(runner: JournalWriter, id: string, fromMs: number, toMs: number): void {
    const detail: FaultDetail = { id, do: 'kill', targets: ['b1'], evidence: [{ exit: 'SIGKILL' }] };
    const fault = Number(id.slice(1).replace('.', ''));
    this.at(fromMs);
    runner.append({ kind: 'fault', step: 'injecting', fault, detail });
    runner.append({ kind: 'fault', step: 'injected', fault, detail });
    this.at(toMs);
    runner.append({ kind: 'fault', step: 'healing', fault, detail });
    runner.append({ kind: 'fault', step: 'healed', fault, detail });
  }

  journals(): string[] {
    return readdirSync(this.path)
      .filter((name) => name.endsWith('.journal'))
      .sort()
      .map((name) => join(this.path, name));
  }

  [Symbol.dispose](): void {
    for (const writer of this.writers.values()) writer.flush();
    rmSync(this.path, { recursive: true, force: true });
  }
}
