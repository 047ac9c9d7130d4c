/**
 * What mqchaos knows of one broker product without talking to it: its part of a profile, its nodes, how they are laid
 * out, what can be done to them, what it can do, and what its settings promise under which faults. Pure: no I/O. What
 * talks to the brokers is the driver, which is loaded when it is used.
 *
 * Nothing outside of a product's own room may compare its name: everything else asks the registry.
 */
import type { z } from 'zod';
import type { Clause } from '../audit/class.ts';
import type { ControlName } from '../cluster/controls.ts';
import type { NodeSpec } from '../cluster/node-spec.ts';
import type { WireRule } from '../link/wire/rule.ts';
import type { Durability } from '../plan/clause.ts';
import type { FaultPlan } from '../plan/plan.ts';
import type { Undertaking } from '../plan/threats.ts';
import type { ClusterPlan, ClusterSettings, Role } from './cluster.ts';
import type { Distribution } from './distribution.ts';
import type { BrokerAccess, Driver } from './driver.ts';
import type { MeasureHere } from './measure.ts';

/**
 * `C` is the cluster as a profile has it, `P` as a plan has it. Every method is only called with this product's own.
 */
export interface Product<C extends ClusterSettings = ClusterSettings, P extends ClusterPlan = ClusterPlan> {
  readonly name: string;
  /** What it is usually called elsewhere, in lower case with dashes: an error suggests the name. */
  readonly alsoCalled?: readonly string[];
  /** As its makers write it: `NATS JetStream`. */
  readonly title: string;
  /** One line for `mqchaos list`. */
  readonly summary: string;
  readonly format: ClusterFormat<C, P>;
  readonly can: Capabilities;
  /** What is different in this cluster, and by which of its keys. */
  canWith?(cluster: C): { readonly what: string; readonly can: Partial<Capabilities> } | undefined;
  /** Nodes of a cluster that the run starts, in the order in which they are numbered. */
  nodes(cluster: C | P): readonly NodeFace[];
  /** Programs that such a cluster needs. Absent: none but Node. */
  programs?(cluster: P): readonly ProgramNeed[];
  /** The jars that `mqchaos fetch` brings. Absent: nothing of it is fetched. */
  distribution?(): Promise<Distribution>;
  /** How to run such a cluster. Absent: the product can only be attached to. */
  layout?(request: LayoutRequest<P>): readonly NodeSpec[];
  /** Two lines for a plan: what the cluster is, and what its acknowledgement is worth. */
  describe(cluster: P): readonly string[];
  /** Traps that a plan walks into, a sentence each. */
  warnings?(plan: Undertaking): readonly string[];
  /**
   * Why something that other clusters have is not in this one, with the remedy; completes `power-loss …` for a control
   * and stands alone for the rest. Absent: the product has nothing of the kind.
   */
  absent?(what: ControlName | 'slave' | 'replication' | 'peer-links', cluster: C): string | undefined;
  /** What links can read of its protocol. Absent: nothing, and what faults do to requests and answers is refused. */
  readonly wire?: WireFace;
  readonly contract: ProductContract;
  /** How a measure of the matrix is shown here; undefined: with the pair of profiles that everybody has. */
  measure?(name: string, attached: boolean): MeasureHere | undefined;
  /**
   * Keys of `cluster` that mean here what these mean in a profile of another product (`--broker`): `masters`, `slaves`,
   * `flush`, `replication`, `failover`, `inSyncReplicas` … Absent: those of the same name are kept, and others refused, but
   * for the number of nodes, which is then this product's own.
   */
  adopt?(given: Readonly<Record<string, unknown>>): Adopted;
  /**
   * What a client of somebody else's needs to connect. Absent: producers and consumers are ours alone, and a profile with a
   * command of the user's own is refused.
   */
  foreignClient?(access: BrokerAccess, role: 'producer' | 'consumer'): ForeignClient;
  /** Absent: nothing of it is found, nor has to be installed. */
  readonly starter?: Starter;
  driver(): Promise<Driver>;
}

/** A rule of a fault on requests and answers, as a profile has it. */
export type Wired = Omit<WireRule, 'id' | 'seed'>;

export interface WireFace {
  /** By the name that it has in `protocols.ts`. */
  readonly protocol: string;
  /** Why a rule means nothing in this protocol, with what would, and the parameter to blame; undefined: it means something. */
  wrong(rule: Wired): { readonly key: string; readonly message: string } | undefined;
}

/** What a first profile is made with, and a machine prepared by (`mqchaos init`). */
export interface Starter {
  /** The port that its clients usually connect to. */
  readonly port: number;
  /** Container images of it, as they are called without registry and tag. */
  readonly images: readonly string[];
  /** Packages of Debian and Ubuntu by which a run can start it, beside what `mqchaos fetch` brings. */
  readonly packages: readonly string[];
  /**
   * Keys of `cluster` beside `attach`, for one on this host with its usual settings.
   * @param port the port of the host that leads to one of its usual ports. Default: the same.
   */
  keys?(host: string, port?: (usual: number) => number): Readonly<Record<string, string>>;
}

export interface ForeignClient {
  /** Settings in the words of this product's own clients, without secrets. */
  readonly connection: Readonly<Record<string, string>>;
  /** By the name of the environment variable that holds it. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface Adopted {
  readonly keys: Readonly<Record<string, unknown>>;
  /** Keys that mean nothing here, so that the profile cannot be carried out on this product. */
  readonly refused: readonly string[];
}

/** A product's part of a profile (`cluster`) and of a plan. */
export interface ClusterFormat<C extends ClusterSettings, P extends ClusterPlan> {
  /** A strict map with `broker: z.literal(name)`; each key has a default or is optional, and a description. */
  readonly profile: z.ZodObject;
  /** As in `plan.json`, strict. Plans of before must stay readable: a new key has a default. */
  readonly plan: z.ZodObject;
  /** The plan's cluster of a profile's, with every choice made. */
  compile(cluster: C): P;
  /** What a schema cannot say. `written` tells whether the profile gives a key, rather than leaving it to its default. */
  check?(cluster: C, written: (key: string) => boolean, tell: TellKey): void;
}

/** Says something about a key of `cluster`; `key` puts it at the key itself rather than at its value. */
export type TellKey = (key: string, message: string, at?: 'key') => void;

/** What can be asked of a product; a profile that asks for more is refused by the name of the key. */
export interface Capabilities {
  /** Default and most partitions of a channel. Absent: channels have none. */
  readonly partitions?: { readonly usual: number; readonly most: number };
  /** `topic.replication` may be given. */
  readonly replication: boolean;
  readonly acks: readonly ('all' | 'one')[];
  readonly oneway: boolean;
  /** `producers.idempotent`. */
  readonly idempotent: boolean;
  /** Who redelivers what failed: consumers, by copies in topics of their own, or the broker. */
  readonly redelivery: 'copies' | 'broker';
  /**
   * What a broker that redelivers counts as a try: what was given back as failed, or every delivery, so that one to a
   * consumer that dies on its way, or is not there any more, leaves one less.
   */
  readonly tries?: 'failures' | 'deliveries';
  /** Targets `leader of N`. */
  readonly leaders: boolean;
  /** Controls that an attached node of this product may have by the keys of its `control`; none: it is never attached. */
  readonly attached: readonly ControlName[];
  /**
   * Longest time without acknowledgements that is usual around the kill of one of its nodes and its return, in ms, on a
   * machine that has other things to do: the `recovery` of a profile that is put on this product (`--broker`).
   */
  readonly recoveryMs: number;
  /** The largest value that brokers which the run starts take: they have no other setting there. */
  readonly largestValue?: {
    readonly bytes: number;
    /** The setting that says so, with its value. */
    readonly because: string;
  };
  /** Shortest `consumers.sessionTimeout` that an attached broker takes unless it was told to, in ms. */
  readonly leastSessionTimeoutMs?: number;
}

/** A node as a profile can aim at it. */
export interface NodeFace {
  readonly id: string;
  readonly role: Role;
  readonly controls: readonly ControlName[];
}

export interface LayoutRequest<P extends ClusterPlan> {
  readonly cluster: P;
  /** Folder of the run's nodes; each node gets its own below it. */
  readonly folder: string;
  /** A free port of 127.0.0.1, each call another; the same ones in the same order when a kept cluster starts again. */
  readonly port: () => number;
  /** Absent: there are no links. */
  readonly advertise?: Advertise;
  /** Paths of what `programs` asked for, by name. */
  readonly programs: Readonly<Record<string, string>>;
  /** Of a cluster that stands on its own. Absent: brokers listen on 127.0.0.1, and clients must bring nothing. */
  readonly clients?: ClientEntry;
}

/** Where clients reach brokers, and what they must bring. */
export interface ClientEntry {
  /** IP addresses, which may be 0.0.0.0 or `::`. */
  readonly listen: readonly string[];
  /** What clients are told, `host:port` of each broker in its order, IPv6 in brackets. */
  readonly advertised: readonly string[];
  /** Files of PEM. Absent: no TLS. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** File of those who may log in. Absent: everybody may come. */
  readonly users?: string;
}

/**
 * Where clients and other nodes are to reach an address of a node: a link before it, or the address itself where there
 * are no links. `part` says what the address is for if it is not the one for clients. A product that can advertise another
 * host but no other port gives the host, at which the link has the same port.
 */
export type Advertise = (
  node: string,
  address: string,
  how?: { readonly part?: string; readonly host?: string },
) => string;

export const unlinked: Advertise = (_, address) => address;

/** A program, or a folder of jars, that must be on this machine. */
export interface ProgramNeed {
  /** What `layout` calls it. */
  readonly name: string;
  /** Names for the PATH, or absolute paths, tried in this order; with `home`, relative to that. */
  readonly candidates: readonly string[];
  /** Folder of an unpacked distribution; the fetched one where the profile gives none. */
  readonly home?: { readonly given?: string /** As `mqchaos fetch` calls it. */; readonly fetched?: string };
  /** Tells the version, where asking is harmless; of a folder the names of its files are asked, a line each. */
  readonly version?: { readonly args: readonly string[]; readonly pattern: RegExp; readonly least: string };
  /** The command that installs it. */
  readonly install: string;
}

export interface ProductContract {
  /** What was acknowledged (`acked`), or what consumers may have been shown (`shown`), may be gone, and why. */
  storage(plan: Undertaking, what: 'acked' | 'shown'): Durability;
  /** Ways in which the brokers were told to lie: no excuse for anything. */
  defects?(cluster: ClusterPlan): readonly string[];
  /** First attempts may overtake each other although nothing is wrong. */
  unordered?(plan: Undertaking): Clause | undefined;
  /** Dead letters of which nobody may learn. */
  deadLetters?(plan: Undertaking): Clause | undefined;
  /** Nodes that no producer's answer can depend on, whatever is done to them. */
  idle?(plan: Undertaking): readonly string[];
  /** Why an idempotent producer's message is not stored again under such faults. Absent: it may be. */
  storesOnce?(plan: Undertaking, disturbing: readonly FaultPlan[]): string | undefined;
  /** A client that loses messages by itself under such faults. */
  clientLoses?(plan: Undertaking, disturbing: readonly FaultPlan[]): Clause | undefined;
}
