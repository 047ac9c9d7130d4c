import { BrokerError } from '../errors.ts';

/** What the name server knows and every node keeps a copy of: who there is, and who leads what. */
export interface ClusterRoutes {
  /** Grows by one with every change. */
  readonly version: number;
  readonly clusterId: string;
  /** Every set of which a node ever registered, alive or not, sorted by id. */
  readonly sets: readonly SetRoute[];
  readonly topics: readonly TopicRoute[];
  /** Ids of deleted topics: a leader drops only what is named here, never what it merely does not find. */
  readonly deletedTopicIds: readonly string[];
}

/** One master and its slaves, which hold the same commit log; partitions belong to the set, whoever leads it. */
export interface SetRoute {
  /** The number of its master. */
  readonly id: number;
  /** The node that leads it, or has to: only a leader whose life is `life` does. */
  readonly leader: number;
  /** Grows with every change of leader and every new life of one that has slaves. 0: nobody has led it yet. */
  readonly epoch: number;
  /** The life of the leader that `epoch` was given to; empty while it is 0. */
  readonly life: string;
  /** Every node that ever registered for the set, sorted by id. */
  readonly replicas: readonly NodeAddress[];
  /**
   * The leader, and those slaves that have every entry that counts as replicated. A slave is in it for one life: one that
   * started again may have lost what was not synced. It stays listed, because it may be all there is.
   */
  readonly inSync: readonly Life[];
}

export interface NodeAddress {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

/** One life of a node: what lies between a start and its end. */
export interface Life {
  readonly id: number;
  /** 32 hexadecimal digits, new at every start. */
  readonly life: string;
}

export interface TopicRoute {
  readonly name: string;
  /** A new one for each creation, so that a topic never shows the records of an older one of the same name. */
  readonly id: string;
  /** The set of each partition, by partition. */
  readonly sets: readonly number[];
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
    sets: listIn(value, 'sets').map((one) => ({
      id: numberIn(one, 'id'),
      leader: numberIn(one, 'leader'),
      epoch: numberIn(one, 'epoch'),
      life: textIn(one, 'life'),
      replicas: listIn(one, 'replicas').map((node) => ({
        id: numberIn(node, 'id'),
        host: textIn(node, 'host'),
        port: numberIn(node, 'port'),
      })),
      inSync: listIn(one, 'inSync').map((node) => ({ id: numberIn(node, 'id'), life: textIn(node, 'life') })),
    })),
    topics: listIn(value, 'topics').map((one) => ({
      name: textIn(one, 'name'),
      id: textIn(one, 'id'),
      sets: listIn(one, 'sets').map(asNumber),
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
