/** How to run one server process, a broker or a store: laid out by a product, carried out by the cluster. */
import type { NodeAddress } from '../products/cluster.ts';

export interface NodeSpec extends NodeAddress {
  /** All files of the node are in here; the process starts with this as its working directory. */
  readonly folder: string;
  /** Written before the process starts for the first time. */
  readonly files?: readonly NodeFile[];
  /** Run to its end before each start for which `unless` is not there. */
  readonly prepare?: Program & { /** Relative to the folder. */ readonly unless: string };
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Nodes of a lower number serve before those of a higher one start; default 1. */
  readonly order?: number;
  /**
   * When it serves: the process prints one JSON line with `"ready": true` on stdout, its address answers, or the product's
   * driver says so.
   */
  readonly ready: 'json-line' | 'answers' | 'driver';
  /** Deadline for being ready, in ms. */
  readonly readyMs: number;
  /** What an orderly end (SIGTERM) may take, in ms; default 10 s. */
  readonly stopMs?: number;
  /** Absent: what it keeps on its disk is nothing that a fault can act on. */
  readonly volume?: VolumeSpec;
  /** What stands before its addresses and can be bent. Absent: it is reached without a link. */
  readonly links?: readonly LinkSpec[];
  /** Absent: its operator has no command for it. */
  readonly operator?: OperatorSpec;
}

/** A link before one address of a node. */
export interface LinkSpec {
  /** The node's name, with what the address is for if it is not the one for clients: `k1/controller`. */
  readonly name: string;
  /** `host:port` each. */
  readonly listen: string;
  readonly target: string;
}

export interface NodeFile {
  /** Relative to the node's folder. */
  readonly path: string;
  readonly text: string;
  /** Permission bits; default 0o644. */
  readonly mode?: number;
}

/** What a node keeps on its disk, and what can be done to it. */
export interface VolumeSpec {
  /** What is lost with the disk: paths relative to the node's folder. Absent: all of it but what the process printed. */
  readonly data?: readonly string[];
  /** Drops what is not synced, while the node is down; `--torn SEED` is added where asked. */
  readonly cutPower?: Program;
  /** The process takes orders on its stdin, how its disk is to behave. */
  readonly takesDiskOrders?: boolean;
}

/** Commands of whoever runs the cluster. */
export interface OperatorSpec {
  /** Makes the node the leader of its set, whatever it has. */
  readonly promote?: Program;
}

/** Its last line on stdout is one JSON object with the evidence, or any text; it says on stderr why it failed. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** After which it is killed. Default: a minute. */
  readonly boundMs?: number;
}
