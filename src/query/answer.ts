/** What a query came to: its columns, and its rows as they come. */
import type { DuckDBResult, DuckDBValue } from '@duckdb/node-api';
import { asToolError } from './errors.ts';
import type { Readings } from './scan.ts';

export interface AnswerColumn {
  readonly name: string;
  /** Its values are numbers, which stand to the right. */
  readonly isNumber: boolean;
}

export type Row = readonly DuckDBValue[];

export class Answer {
  readonly columns: readonly AnswerColumn[];
  readonly #result: DuckDBResult;
  readonly #readings: Readings;

  constructor(result: DuckDBResult, readings: Readings) {
    this.#result = result;
    this.#readings = readings;
    this.columns = result.columnNames().map((name, column) => ({ name, isNumber: isNumber(result, column) }));
  }

  /** @throws ToolError as `RunDatabase.ask`: some errors are met in the middle. */
  async *batches(): AsyncGenerator<readonly Row[]> {
    try {
      for (;;) {
        const chunk = await this.#result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk.getRows();
      }
    } catch (error) {
      throw this.#readings.failure ?? asToolError(error);
    }
  }
}

/** The first rows of an answer, all where there is no limit. Whatever is beyond them is not computed. */
export async function* firstRows(answer: Answer, limit: number | undefined): AsyncGenerator<readonly Row[]> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  for await (const batch of answer.batches()) {
    if (left <= 0) return;
    yield batch.length > left ? batch.slice(0, left) : batch;
    left -= batch.length;
  }
}

function isNumber(result: DuckDBResult, column: number): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\)|BIGNUM)$/.test(
    result.columnType(column).toString(),
  );
}
