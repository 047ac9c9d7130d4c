import { BrokerError } from '../errors.ts';

/** What the name server knows, and every node has a copy of: which nodes and topics there are, and who is leader. */
export interface ClusterRoutes {
  /** Grows by one with every change. */
  readonly version: number;
  readonly clusterId: string;
  /** Every set for which a node has ever registered, alive or not, sorted by id. */
  readonly sets: readonly SetRoute[];
  readonly topics: readonly TopicRoute[];
  /**
   * Ids of deleted topics, until no node holds anything of them any more. A leader drops only topics that are named here,
   * never one that is merely missing in `topics`.
   */
  readonly deletedTopicIds: readonly string[];
}

/** A master and its slaves, which have the same commit log. Partitions belong to the set, whichever node is leader. */
export interface SetRoute {
  /** The id of its master. */
  readonly id: number;
  /** The node that is leader or has to become leader. It is leader only in the life that `life` names. */
  readonly leader: number;
  /** The leader epoch. It grows with every other leader, and when a leader with slaves was restarted. 0: no leader yet. */
  readonly epoch: number;
  /** The life of the leader to which `epoch` was given; empty while the epoch is 0. */
  readonly life: string;
  /** Every node that has ever registered for the set, sorted by id. */
  readonly replicas: readonly NodeAddress[];
  /**
   * The leader, and those slaves that have every entry that counts as replicated. A slave is in-sync for one life only,
   * because a restarted slave may have lost entries that were not synced. Its former life stays in the list until the name
   * server takes it out: that slave may be the only one that has the entries.
   */
  readonly inSync: readonly Life[];
}

export interface NodeAddress {
  readonly id: number;
  /** Where other nodes reach it. */
  readonly host: string;
  readonly port: number;
  /** Where clients are told to reach it; absent: at the same address. */
  readonly clients?: Endpoint;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A life of a node: the time from one start of its process to the end of that process. */
export interface Life {
  readonly id: number;
  /** 32 hexadecimal digits, new at every start. */
  readonly life: string;
}

export interface TopicRoute {
  readonly name: string;
  /** Every creation gives a new id, so that a topic never shows records of an older topic with the same name. */
  readonly id: string;
  /** The set of each partition; the index is the partition's number. */
  readonly sets: readonly number[];
  /** What was set when it was created or altered, by Kafka's names. */
  readonly configs: Configs;
}

export type Configs = Readonly<Record<string, string>>;

export const routesFile = 'routes.json';

export function routesToText(routes: ClusterRoutes): string {
  return `${JSON.stringify(routes)}\n`;
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
        ...clientsIn(node),
      })),
      inSync: listIn(one, 'inSync').map((node) => ({ id: numberIn(node, 'id'), life: textIn(node, 'life') })),
    })),
    topics: listIn(value, 'topics').map((one) => ({
      name: textIn(one, 'name'),
      id: textIn(one, 'id'),
      sets: listIn(one, 'sets').map(asNumber),
      configs: configsIn(one),
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

function clientsIn(node: unknown): Pick<NodeAddress, 'clients'> {
  const found = isRecord(node) ? node.clients : undefined;
  return found === undefined ? {} : { clients: { host: textIn(found, 'host'), port: numberIn(found, 'port') } };
}

/** None where an earlier version of the program wrote the routes. */
function configsIn(value: unknown): Configs {
  const found = isRecord(value) ? (value.configs ?? {}) : undefined;
  if (!isRecord(found)) throw unreadable();
  return Object.fromEntries(Object.entries(found).map(([name, text]) => [name, asText(text)]));
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
