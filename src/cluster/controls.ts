/**
 * What can be done to a process: the same for brokers and workers, ours and attached. A control that is absent cannot
 * be done; each resolves with the evidence that it took hold, and rejects when it did not.
 */
import type { WireRule } from '../link/wire/rule.ts';
import type { NodeAddress } from '../products/cluster.ts';

export type Evidence = Readonly<Record<string, unknown>>;

/** What a process asks of its disk. */
export type DiskOperation = 'read' | 'write' | 'sync';

/** What a node's disk does wrong, with which requests: it answers with an error, late, or not at all. */
export type DiskRule = {
  readonly on: readonly DiskOperation[];
  /** Files, by a pattern with `*`, relative to the disk. Absent: all. */
  readonly path?: string;
  /** So many requests, then it is sound again. Absent: until it is healed. */
  readonly times?: number;
} & ({ readonly fail: 'EIO' | 'ENOSPC' | 'EROFS' } | { readonly delayMs: number } | { readonly hang: true });

/** What is wrong with files that nobody has open. */
export interface Damage {
  /** One bit of a byte, or a page of which the second half was never written. */
  readonly kind: 'bit-flip' | 'torn-page';
  /** How many places. */
  readonly count: number;
  /** Decides where. */
  readonly seed: number;
  /** As in a rule. */
  readonly path?: string;
}

/** What a deed asks of a disk: not every kind of disk can do everything. */
export type DiskAsk = { readonly rule: DiskRule } | { readonly damage: Damage['kind'] } | { readonly torn: true };

/** Words for whom a node is connected with, beside the names of workers and of other nodes (`peers`: all of those). */
export const pairWords = ['clients', 'producers', 'consumers', 'peers', 'everyone'] as const;

/** What becomes of the connections between a node and others, whoever opened them. */
export interface LinkBend {
  /** Who the others are: names of workers and nodes, and `pairWords`. */
  readonly from: readonly string[];
  /** Which way, as the node sees it. */
  readonly direction: 'inbound' | 'outbound' | 'both';
  readonly what: LinkBending;
  /** Decides whatever is random. */
  readonly seed: number;
}

/** As the link knows it (src/link/rule.ts). */
export type LinkBending =
  | { readonly do: 'silence' }
  | { readonly do: 'latency'; readonly delayMs: number; readonly jitterMs: number }
  | { readonly do: 'bandwidth'; readonly bytesPerSecond: number }
  | { readonly do: 'slow-close'; readonly delayMs: number }
  | { readonly do: 'cut-after'; readonly bytes: number }
  | { readonly do: 'reset' }
  | { readonly do: 'half-open'; readonly gone: 'client' | 'node' };

/** A place in the processing of a consumer, at its so many-th visit from now on. */
export interface ProcessingStop {
  readonly point: string;
  readonly count: number;
}

export interface Controls {
  /** SIGKILL; resolves when the process is gone. */
  kill?(): Promise<Evidence>;
  /** SIGKILL when its processing is at that place; resolves when the process is gone. */
  killAt?(stop: ProcessingStop): Promise<Evidence>;
  /** SIGTERM; resolves when the process is gone. */
  stop?(): Promise<Evidence>;
  /** Starts it again; resolves when it serves. */
  start?(): Promise<Evidence>;
  /** SIGSTOP; resolves when the kernel says that it is stopped. */
  pause?(): Promise<Evidence>;
  /** SIGSTOP when its processing is at that place; resolves when the kernel says that it is stopped. */
  pauseAt?(stop: ProcessingStop): Promise<Evidence>;
  /** SIGCONT; processing that was told to stand goes on. */
  resume?(): Promise<Evidence>;
  /**
   * The power goes: SIGKILL where it still runs, then everything that was written and not synced is dropped, to the last
   * sync or, with a seed, to a place after it that the seed decides. The node stays down.
   */
  cutPower?(tornSeed?: number): Promise<Evidence>;
  /** SIGKILL, and everything that the node kept on its disk is removed. It stays down. */
  wipe?(): Promise<Evidence>;
  /** An operator's order: this node leads its set from now on. */
  promote?(): Promise<Evidence>;
  /** It is taken from all of its networks and goes on running; resolves when it is in none. */
  disconnect?(): Promise<Evidence>;
  /** It is put back into them, with its addresses, names and ports; resolves when it answers again. */
  connect?(): Promise<Evidence>;
  /**
   * How the node's disk behaves from now on; null: as it should. A process that has ended by it is there again then, which
   * the evidence tells as `started`.
   */
  disk?(rule: DiskRule | null): Promise<Evidence>;
  /** Files of a node that is down. */
  damage?(damage: Damage): Promise<Evidence>;
  /** How connections with the node behave from now on; null: as without a link, which is tried. */
  link?(bend: LinkBend | null): Promise<Evidence>;
  /**
   * What the link before the node does to requests and answers from now on; null: nothing. `report` tells what it has done,
   * as the last order does, too.
   */
  wire?(order: WireRule | 'report' | null): Promise<Evidence>;
}

export type ControlName = keyof Controls;

/** What can be done to any process of ours. */
export const processControls: readonly ControlName[] = ['kill', 'stop', 'start', 'pause', 'resume'];

/** One thing that a fault may act on: `b1`, `p2`. */
export interface Controlled {
  readonly id: string;
  readonly controls: Controls;
}

/** One server process: a broker, what brokers need, or the store of the effects. */
export interface Node extends Controlled, NodeAddress {
  /** Why controls are absent that others of its kind have. Each completes `network-disconnect of b1`. */
  readonly unable?: Readonly<Partial<Record<ControlName, string>>>;
}
