/**
 * A run as a database: its tables are views over what its files hold, read when a query asks for them. Nothing of it is on
 * a disk, but for what DuckDB puts into the folder for temporary files when a query needs more memory than it may have, and SQL
 * reaches no file unless it is allowed to.
 */

import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { Answer } from './answer.ts';
import { asToolError, sqlError } from './errors.ts';
import type { DuckDB } from './peer.ts';
import { Readings, registerScan } from './scan.ts';
import { type Table, viewOf } from './tables/table.ts';

export interface DatabaseOptions {
  /** For what a query cannot hold in memory. */
  readonly temporaryFolder: string;
  /** SQL may read and write files. */
  readonly files: boolean;
}

/** What DuckDB may have, in MiB; half of the machine's memory where that is less. What goes beyond it goes to the disk. */
const memoryMiB = 2048;

export class RunDatabase implements Disposable {
  readonly tables: readonly Table[];
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #readings: Readings;

  private constructor(
    tables: readonly Table[],
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    readings: Readings,
  ) {
    this.tables = tables;
    this.#instance = instance;
    this.#connection = connection;
    this.#readings = readings;
  }

  static async open(duckdb: DuckDB, tables: readonly Table[], options: DatabaseOptions): Promise<RunDatabase> {
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      temp_directory: options.temporaryFolder,
      memory_limit: `${Math.min(memoryMiB, Math.floor(totalmem() / 2 ** 21))}MiB`,
      // nothing is fetched from the network
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    const readings = new Readings();
    for (const table of tables) {
      table.scan?.((scan) => registerScan(duckdb, connection, scan, readings));
      await connection.run(viewOf(table));
    }
    if (!options.files) await connection.run('SET enable_external_access = false');
    return new RunDatabase(tables, instance, connection, readings);
  }

  /**
   * Runs SQL, of several statements one after the other, and returns the answer of the last.
   * @throws ToolError `sql` (exit 2), with DuckDB's own words; `query-memory`, `short-of` (exit 4).
   */
  async ask(sql: string): Promise<Answer> {
    if (isBlank(sql)) throw sqlError('there is no statement in this SQL');
    try {
      return new Answer(await this.#connection.stream(sql), this.#readings);
    } catch (error) {
      throw this.#readings.failure ?? asToolError(error);
    }
  }

  /**
   * Ends what is being asked. A process must not exit while DuckDB is at work: its threads wait for rows from here, and Node
   * for its threads.
   */
  interrupt(): void {
    this.#connection.interrupt();
  }

  /** Writes a table into a Parquet file, and returns how many rows it has. */
  async writeParquet({ name }: Table, folder: string): Promise<number> {
    const file = join(folder, `${name}.parquet`).replaceAll("'", "''");
    const answer = await this.ask(`COPY "${name}" TO '${file}' (FORMAT parquet, COMPRESSION zstd)`);
    let rows = 0;
    for await (const batch of answer.batches()) for (const [count] of batch) rows += Number(count);
    return rows;
  }

  [Symbol.dispose](): void {
    this.#readings[Symbol.dispose]();
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

/** Nothing but comments and semicolons, of which DuckDB says nothing that a user could read. */
function isBlank(sql: string): boolean {
  return /^[\s;]*$/.test(sql.replaceAll(/--.*|\/\*[\s\S]*?\*\//g, ''));
}
