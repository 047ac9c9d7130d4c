/**
 * A store: where effects are kept. Two families, because ways of idempotence are written for one or the other: SQL
 * (tables and constraints) and Redis (keys and scripts). Everything of a run is under one name of its own.
 */
import type { StoreAccess } from '../access.ts';
import type { Bounds } from '../connection.ts';
import type { StoreWatch } from '../watch.ts';

export type Family = 'sql' | 'redis';
export type Store = SqlStore | RedisStore;

export interface StoreRequest {
  /** Name of everything of ours in the store, lower case, digits and `_`: see `effectsName`. */
  readonly name: string;
  /** Absent for a store that needs none. */
  readonly access?: StoreAccess;
  /** File of an embedded store. */
  readonly file?: string;
  /** Connections of one process, where the store answers one call of a connection at a time. */
  readonly connections: number;
  readonly bounds: Bounds;
  /** Told whether it answers. */
  readonly watch?: StoreWatch;
  readonly signal?: AbortSignal;
}

export interface StoreType {
  readonly name: string;
  /** What it is usually called elsewhere, in lower case with dashes: an error suggests the name. */
  readonly alsoCalled?: readonly string[];
  readonly summary: string;
  readonly family: Family;
  /** Whether it is reached by URL. A store without one is a file of the run. */
  readonly url: boolean;
  /** How to get one: printed where it is missing. */
  readonly install: string;
  /** Connects with one try. @throws ToolError, exit 2 for a wrong setting, 4 for a store that is not there. */
  open(request: StoreRequest): Promise<Store>;
  /** Of its URLs; absent where it has none. */
  readonly schemes?: readonly string[];
  /**
   * Pages of the rows of somebody's own query, in a transaction that only reads. Absent: it has no such queries.
   * @throws StoreTrouble when it cannot be reached; QueryRefused.
   */
  rows?(request: RowsRequest): AsyncGenerator<readonly Row[]>;
}

export interface RowsRequest extends Pick<StoreRequest, 'access' | 'file'> {
  /** One statement, without a semicolon behind it. */
  readonly sql: string;
}

interface Common extends AsyncDisposable {
  /** `postgres at 127.0.0.1:5432 (${PG_URL})`. */
  readonly place: string;
  readonly name: string;
  version(signal?: AbortSignal): Promise<string>;
  /** Why a store that is killed would forget what it answered, as far as it tells; undefined when it would not. */
  durability(signal?: AbortSignal): Promise<string | undefined>;
  /** Removes everything under our name, and nothing else. Nothing there is no error. */
  remove(signal?: AbortSignal): Promise<void>;
}

export type SqlValue = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: the bound of a call. */
  readonly callMs?: number;
}

/** Every statement stands alone and commits by itself: it took effect as a whole, or not, or nobody knows. */
export interface SqlStore extends Common {
  readonly family: 'sql';
  /** `?` stands for a value. @throws StoreTrouble, or DuplicateKey when a constraint refused the row. */
  run(sql: string, values: readonly SqlValue[], options?: CallOptions): Promise<readonly Row[]>;
}

export interface RedisStore extends Common {
  readonly family: 'redis';
  send(command: readonly (string | number)[], options?: CallOptions): Promise<unknown>;
  /** Runs a Lua script: all of it or nothing, with no other command in between. */
  script(
    lua: string,
    keys: readonly string[],
    values: readonly (string | number)[],
    options?: CallOptions,
  ): Promise<unknown>;
  /** Pages of the keys that begin so, each key once in a while twice, as Redis' SCAN gives them. */
  scan(prefix: string, options?: CallOptions): AsyncIterable<readonly string[]>;
}

/** Of calls that read or remove much. */
export const longCallMs = 60_000;
