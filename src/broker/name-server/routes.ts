import { BrokerError } from '../errors.ts';

/** What the name server knows and every master keeps a copy of: who there is, and who leads what. */
export interface ClusterRoutes {
  /** Grows by one with every change. */
  readonly version: number;
  readonly clusterId: string;
  /** Every master that ever registered, alive or not, sorted by id. */
  readonly masters: readonly MasterAddress[];
  readonly topics: readonly TopicRoute[];
  /** Ids of deleted topics: a master drops only what is named here, never what it merely does not find. */
  readonly deletedTopicIds: readonly string[];
}

export interface MasterAddress {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

export interface TopicRoute {
  readonly name: string;
  /** A new one for each creation, so that a topic never shows the records of an older one of the same name. */
  readonly id: string;
  /** The leading master of each partition, by partition. */
  readonly leaders: readonly number[];
}

export const routesFile = 'routes.json';

export function routesToText(routes: ClusterRoutes): string {
  return `${JSON.stringify(routes, undefined, 2)}\n`;
}

export function routesFromText(text: string): ClusterRoutes {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(error);
  }
  if (!isRecord(value)) throw unreadable();
  return {
    version: numberIn(value, 'version'),
    clusterId: textIn(value, 'clusterId'),
    masters: listIn(value, 'masters').map((one) => ({
      id: numberIn(one, 'id'),
      host: textIn(one, 'host'),
      port: numberIn(one, 'port'),
    })),
    topics: listIn(value, 'topics').map((one) => ({
      name: textIn(one, 'name'),
      id: textIn(one, 'id'),
      leaders: listIn(one, 'leaders').map(asNumber),
    })),
    deletedTopicIds: listIn(value, 'deletedTopicIds').map(asText),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function listIn(value: unknown, key: string): unknown[] {
  const found = isRecord(value) ? value[key] : undefined;
  if (!Array.isArray(found)) throw unreadable();
  return found;
}

function numberIn(value: unknown, key: string): number {
  return asNumber(isRecord(value) ? value[key] : undefined);
}

function textIn(value: unknown, key: string): string {
  return asText(isRecord(value) ? value[key] : undefined);
}

function asNumber(value: unknown): number {
  if (typeof value !== 'number') throw unreadable();
  return value;
}

function asText(value: unknown): string {
  if (typeof value !== 'string') throw unreadable();
  return value;
}

function unreadable(cause?: unknown): BrokerError {
  const hint = 'the file was damaged or written by something else; restore it, or start with an empty folder';
  return new BrokerError('bad-routes', `${routesFile} is not readable as routes`, hint, cause);
}
