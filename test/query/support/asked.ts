/** A made-up run, and what a query says of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as duckdb from '@duckdb/node-api';
import { type Audit, auditRun } from '../../../src/audit/audit.ts';
import { RunDatabase } from '../../../src/query/database.ts';
import { type FormatName, formats } from '../../../src/query/formats/registry.ts';
import { QueriedRun } from '../../../src/query/rows/run.ts';
import { tablesOf } from '../../../src/query/tables/registry.ts';
import type { RunFolder } from '../../audit/support/folder.ts';
import { type Model, writeModel } from '../../audit/support/model.ts';

export type Row = Readonly<Record<string, unknown>>;

export class AskedRun implements AsyncDisposable {
  readonly folder: RunFolder;
  readonly damages: readonly string[];
  readonly database: RunDatabase;
  readonly audit: Audit | undefined;
  readonly #run: QueriedRun;

  private constructor(folder: RunFolder, run: QueriedRun, database: RunDatabase, audit: Audit | undefined) {
    this.folder = folder;
    this.#run = run;
    this.damages = run.damages;
    this.database = database;
    this.audit = audit;
  }

  static async of(
    model: Model,
    { files = false, audit = true, spoil = (_: RunFolder): void => {} } = {},
  ): Promise<AskedRun> {
    const folder = writeModel(model);
    const lines: Buffer[] = [];
    const onLines = (bytes: Uint8Array): unknown => lines.push(Buffer.from(bytes));
    const findings = join(folder.path, 'findings.ndjson');
    const request = { journals: folder.journals(), expectation: { limits: {} }, onLines };
    const audited = audit ? await auditRun(request) : undefined;
    if (audit) writeFileSync(findings, Buffer.concat(lines));
    spoil(folder);
    const run = await QueriedRun.open(folder.journals());
    const options = { temporaryFolder: join(folder.path, 'tmp'), files };
    const database = await RunDatabase.open(duckdb, tablesOf(run, findings), options);
    return new AskedRun(folder, run, database, audited);
  }

  async rows(sql: string): Promise<Row[]> {
    const text = await this.text(sql, 'ndjson');
    return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Row);
  }

  /** The only value of the only row. */
  async value(sql: string): Promise<unknown> {
    const [row] = await this.rows(sql);
    return Object.values(row ?? {})[0];
  }

  async text(sql: string, format: FormatName, limit?: number, columns = Number.POSITIVE_INFINITY): Promise<string> {
    const pieces: string[] = [];
    for await (const piece of formats[format](await this.database.ask(sql), { limit, columns })) pieces.push(piece);
    return pieces.join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.database[Symbol.dispose]();
    this.#run[Symbol.dispose]();
    this.folder[Symbol.dispose]();
  }
}
