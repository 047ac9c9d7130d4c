/** What is the same of every product's cluster, in a profile and in a plan; the rest is the product's own. */
export interface ClusterSettings {
  /** Name of the product. */
  readonly broker: string;
  /** Addresses of brokers that are there already; absent: the run starts its own. */
  readonly attach?: readonly string[];
  /** Nodes of an attached cluster that faults may act on, and how. */
  readonly control?: readonly NodeControl[];
  readonly tls?: Tls;
  readonly sasl?: Sasl;
  readonly login?: Login;
  /** Allows addresses that are not of this machine. */
  readonly allowRemote?: boolean;
  /** Folder of the unpacked distribution whose programs are to be run. */
  readonly home?: string;
}

export interface ClusterPlan extends ClusterSettings {}

/** A way to a process that is not ours. Commands run in a shell of the user's; `pidFile` allows signals. */
export interface NodeControl {
  readonly id: string;
  readonly address: string;
  readonly pidFile?: string;
  readonly kill?: string;
  readonly stop?: string;
  readonly start?: string;
}

/** PEM texts when they are used; paths or references to the environment in a profile and a plan. */
export interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

export interface Sasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

export type Role = 'name-server' | 'proxy' | 'support' | 'master' | 'slave' | 'node' | 'store';

/** A broker, which holds messages, and not a process that brokers need. */
export function isBroker(role: Role): boolean {
  return role === 'master' || role === 'slave' || role === 'node';
}

/** Where a node is reached. */
export interface NodeAddress {
  readonly id: string;
  readonly role: Role;
  /** Clients connect here, `host:port`; absent for nodes that no client talks to. */
  readonly address?: string;
  /** Where it tells clients to connect, if that is not `address`: a link before it, which our own questions go past. */
  readonly advertised?: string;
  /** Its other addresses by what they are for (`http`, `cluster`), `host:port` each. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Its files, where it is a node of ours: for what only an operator on its machine can ask. */
  readonly folder?: string;
}
