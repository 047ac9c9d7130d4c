/** What a server says of its replication (INFO), and which of several servers that all call themselves primary is the one. */
import { counted } from '../../../counted.ts';

export interface ServerFacts {
  readonly address: string;
  readonly role: 'master' | 'slave' | 'other';
  readonly replid: string;
  /** The history that it continues: of the primary that it was a replica of when it was promoted. */
  readonly continues: string | undefined;
  /** Bytes of the replication stream that it has written (primary) or taken (replica). */
  readonly offset: number;
  /** Of a replica: its connection to the primary. */
  readonly linkUp: boolean;
  readonly replicas: readonly ReplicaFacts[];
}

/** A replica, as its primary sees it. */
export interface ReplicaFacts {
  readonly address: string;
  /** `online`: it is sent every write. Before, it is still being given the data (`wait_bgsave`, `send_bulk`). */
  readonly state: string;
  readonly offset: number;
}

export function readReplication(address: string, info: string): ServerFacts {
  const fields = new Map(
    info.split(/\r?\n/).flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
  const role = fields.get('role');
  const continues = fields.get('master_replid2') ?? '';
  const offset = role === 'slave' ? fields.get('slave_repl_offset') : fields.get('master_repl_offset');
  return {
    address,
    role: role === 'master' || role === 'slave' ? role : 'other',
    replid: fields.get('master_replid') ?? '',
    continues: /[1-9a-f]/.test(continues) ? continues : undefined,
    offset: Number(offset ?? 0),
    linkUp: fields.get('master_link_status') === 'up',
    replicas: [...fields].flatMap(([key, value]) => (/^slave\d+$/.test(key) ? [readReplica(value)] : [])),
  };
}

function readReplica(text: string): ReplicaFacts {
  const parts = new Map(
    text.split(',').map((part): [string, string] => {
      const [key = '', ...value] = part.split('=');
      return [key, value.join('=')];
    }),
  );
  return {
    address: `${parts.get('ip')}:${parts.get('port')}`,
    state: parts.get('state') ?? 'unknown',
    offset: Number(parts.get('offset') ?? 0),
  };
}

/**
 * The primary. There are two when an old one was paused while a replica was promoted, or came back without knowing of
 * it. The one that continues the other's history was promoted later; a history is forgotten by a restart, so that
 * whoever has replicas goes first then, and after that whoever was laid out as a replica: somebody has promoted it.
 *
 * @param facts in the order in which the servers are known, the first primary first.
 */
export function primaryAmong(facts: readonly ServerFacts[]): ServerFacts | undefined {
  const masters = facts.filter(({ role }) => role === 'master');
  const current = masters.filter(({ replid }) => !masters.some(({ continues }) => continues === replid));
  return current.sort(
    (a, b) =>
      Number(b.continues !== undefined) - Number(a.continues !== undefined) ||
      b.replicas.length - a.replicas.length ||
      facts.indexOf(b) - facts.indexOf(a),
  )[0];
}

/** Copies that lack what the primary has, in words. `known` are all servers that are known, by address. */
export function laggingReplicas(primary: ServerFacts, known: ReadonlyMap<string, string>): string[] {
  const unseen = [...known.keys()].filter(
    (address) => address !== primary.address && !primary.replicas.some((replica) => replica.address === address),
  );
  const behind = primary.replicas.flatMap(({ address, state, offset }) => {
    const name = `replica ${known.get(address) ?? address}`;
    if (state !== 'online') return [`${name} (${state})`];
    return offset < primary.offset ? [`${name} (${counted(primary.offset - offset, 'byte')} behind)`] : [];
  });
  return [...unseen.map((address) => `replica ${known.get(address)} (not connected)`), ...behind];
}
