/** How to run one server process, a broker or a store: made by a driver, carried out by the cluster. */
export interface NodeSpec {
  /** `name-server`, `b1`, `b2` …: what profiles, plans and reports call it. */
  readonly id: string;
  readonly role: 'name-server' | 'master' | 'slave' | 'store';
  /** Clients connect here, `host:port`; absent for nodes that no client talks to. */
  readonly address?: string;
  /** All files of the node are in here; the process starts with this as its working directory. */
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** When it serves: the process prints one JSON line with `"ready": true` on stdout, or its address answers. */
  readonly ready: 'json-line' | 'answers';
  /** Deadline for being ready, in ms. */
  readonly readyMs: number;
  /**
   * What can be done to it beside what can be done to any process; such a node also takes orders on its stdin, how its
   * disk is to behave. Absent: nothing else.
   */
  readonly powers?: Powers;
}

/** Each program prints one JSON line on stdout, or says on stderr why it failed. */
export interface Powers {
  /** Drops what is not synced of the node's folder, while the node is down; `--torn SEED` is added where asked. */
  readonly cutPower: Program;
  /** Makes the node the leader of its set, whatever it has. */
  readonly promote: Program;
}

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}
