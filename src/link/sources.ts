/**
 * Who opened a connection: the system knows which process holds the socket at the other end (Linux, proc(5): the port is
 * in /proc/net/tcp, its inode among the open files of a process of this user), and whoever started the link has told
 * which processes have a name. What a named process has started counts as it.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Fields of a line of /proc/net/tcp, counted from the local address. */
const localField = 1;
const remoteField = 2;
const inodeField = 9;
/** Fields of /proc/PID/stat, counted from the state. */
const parentField = 1;
const sessionField = 3;

/** One end of a loopback connection as the other end sees it. */
export interface End {
  readonly address: string;
  readonly port: number;
  /** The port at our end. */
  readonly toPort: number;
}

export class Sources {
  #names: ReadonlyMap<number, string> = new Map();

  /** From now on these processes have a name. */
  know(names: ReadonlyMap<number, string>): void {
    this.#names = names;
  }

  /** The name of each end's process, in one look; undefined for one that has none, or that has closed its socket. */
  namesOf(ends: readonly End[]): readonly (string | undefined)[] {
    const inodes = ends.map(inodeFinder());
    const wanted = new Set(inodes.filter((inode) => inode !== undefined));
    const owners = wanted.size === 0 ? new Map<string, string>() : this.#owners(wanted);
    return inodes.map((inode) => (inode === undefined ? undefined : owners.get(inode)));
  }

  /** Names by socket inode. */
  #owners(inodes: ReadonlySet<string>): Map<string, string> {
    const owners = new Map<string, string>();
    for (const pid of processes()) {
      const name = this.#nameOf(pid);
      if (name === undefined) continue;
      for (const inode of socketsOf(pid)) if (inodes.has(inode)) owners.set(inode, name);
    }
    return owners;
  }

  /** By itself, by the session that it is in, or by whoever started it. */
  #nameOf(pid: number): string | undefined {
    for (let at = pid; at > 1; ) {
      const stat = statOf(at);
      if (stat === undefined) return undefined;
      const name = this.#names.get(at) ?? this.#names.get(Number(stat[sessionField]));
      if (name !== undefined) return name;
      at = Number(stat[parentField]);
    }
    return undefined;
  }
}

/** Why connections cannot be told apart by who opened them; undefined: they can. */
export function whyNoSources(): string | undefined {
  try {
    readFileSync('/proc/net/tcp');
    readdirSync('/proc/self/fd');
    return undefined;
  } catch (error) {
    return `this system does not tell who opened a connection: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Finds the inode of the socket at an end; the tables of the system are read once. */
function inodeFinder(): (end: End) => string | undefined {
  const inodes = new Map<string, string>();
  for (const line of ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(linesOf)) {
    const fields = line.trim().split(/\s+/);
    const [local = '', remote = '', inode = '0'] = [fields[localField], fields[remoteField], fields[inodeField]];
    // of a socket that is closed nobody is the owner, and its inode is 0
    if (inode !== '0') inodes.set(`${local.slice(-13)} ${portOf(remote)}`, inode);
  }
  return ({ address, port, toPort }) => inodes.get(`${hexAddress(address)}:${hexPort(port)} ${hexPort(toPort)}`);
}

/** As the kernel prints an IPv4 address, and the end of one that is mapped into IPv6: `0100007F` for 127.0.0.1. */
function hexAddress(address: string): string {
  const bytes = address.replace(/^::ffff:/, '').split('.');
  return bytes
    .reverse()
    .map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, '0'))
    .join('');
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(':') + 1);
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').trimEnd().split('\n').slice(1);
  } catch {
    return []; // a system without IPv6 has no tcp6
  }
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const links = listOf(folder).map((fd) => targetOf(`${folder}/${fd}`));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}

function listOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // gone, or another user's
  }
}

function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed in between
  }
}

/** Fields after the command name, which may hold spaces and brackets itself. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
