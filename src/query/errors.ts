/** What DuckDB says as errors of ours: it throws plain ones, whose text begins with what kind of error it is. */
import { exitCodes, messageOf, ToolError } from '../errors.ts';

const kind = /^([A-Z][\w ]*) Error: /;
/** What the binding puts before them. */
const before = /^Failed to \w[\w ]*: /;

export function sqlError(message: string, cause?: unknown): ToolError {
  return new ToolError(message, { code: 'sql', hint: 'mqchaos query RUN lists the tables and their columns', cause });
}

/** Whatever is no word of DuckDB's stays as it is. */
export function asToolError(error: unknown): unknown {
  if (error instanceof ToolError) return error;
  const message = messageOf(error).replace(before, '');
  const [, name] = kind.exec(message) ?? [];
  switch (name) {
    case undefined:
      return error;
    case 'Permission':
      return new ToolError(message, {
        code: 'sql-no-files',
        hint: '--allow-files lets SQL read and write files; --parquet DIR writes the tables as Parquet',
        cause: error,
      });
    case 'Out of Memory':
      return new ToolError(message, {
        code: 'query-memory',
        hint: 'ask for fewer rows or columns, or write the tables with --parquet DIR and ask DuckDB itself',
        cause: error,
        exitCode: exitCodes.setup,
      });
    case 'IO':
      return new ToolError(message, {
        code: 'query-io',
        hint: 'make room on that disk, or set TMPDIR to a folder on another one',
        cause: error,
        exitCode: exitCodes.setup,
      });
    default:
      return sqlError(message, error);
  }
}
