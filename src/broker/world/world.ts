/**
 * Everything that a node can touch outside its own memory. A node gets its `World` as an argument and uses nothing else.
 * So the same code runs on a real machine (`real.ts`) and in a deterministic simulation, where time is virtual, writes are
 * torn, networks are split and power fails.
 *
 * Rules that every world keeps and every node may rely on:
 * - file paths are relative to the node's own folder and use `/`;
 * - a finished `write` has reached the kernel: it survives the death of the process, not a power cut;
 * - a finished `sync` survives a power cut; so does a name after `syncFolder`;
 * - callbacks and promise continuations run one at a time, never inside the call that registered them.
 */
export interface World {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly network: Network;
  readonly random: Random;
  /** Writes one short line for humans. Never to be called for each message. */
  log(line: string): void;
  /** The same for whoever runs the cluster, about what an application asks for that it does not get here. */
  notice(line: string): void;
}

export interface Clock {
  /** Monotonic milliseconds since an arbitrary origin. */
  nowMs(): number;
  setTimer(delayMs: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export interface Disk {
  /** Opens a file for reading and writing, and creates it if it is missing. Its folder must exist. */
  open(path: string): Promise<DiskFile>;
  /** The names in a folder, sorted; none if the folder is missing. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder and those above it, so that they survive a power cut. */
  makeFolder(folder: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Does nothing if the file is missing. */
  remove(path: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
  /** Locks the whole folder for this node; must come first. Throws `folder-in-use` while another live process has the lock. */
  lock(): Promise<AsyncDisposable>;
}

export interface DiskFile {
  sizeBytes(): Promise<number>;
  /** Reads `length` bytes, or fewer at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  /** Writes all of `data` or throws; after a throw the bytes at `position` and beyond are unspecified. */
  write(data: Buffer, position: number): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  /** fdatasync. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Network {
  /**
   * Port 0 lets the world choose. Throws `port-in-use`.
   * @param certificate with it, streams that begin with TLS are accepted when their handshake is done, and others as they are.
   */
  listen(host: string, port: number, accept: (stream: Stream) => void, certificate?: Certificate): Promise<Listener>;
  connect(host: string, port: number, timeoutMs: number): Promise<Stream>;
}

/** What a server shows in a TLS handshake, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Listener {
  readonly port: number;
  /** Accepts no more streams, and closes those that were accepted. */
  close(): Promise<void>;
}

/** A connected byte stream. Nothing arrives before `receive` is called. `closed` is called exactly once. */
export interface Stream {
  readonly peer: string;
  /** Encrypted by TLS; absent: it is not. */
  readonly secure?: boolean;
  receive(data: (chunk: Buffer) => void, closed: () => void): void;
  /** Queues bytes for the peer. Does nothing if the stream is closed. */
  write(chunk: Buffer): void;
  /** A promise while too many bytes are queued; settles when the peer has read them or the stream is closed. */
  congested(): Promise<void> | undefined;
  pause(): void;
  resume(): void;
  /** @param written what was written leaves first */
  close(written?: 'written'): void;
}

export interface Random {
  bytes(length: number): Buffer;
  /** A number in [0, 1), uniformly distributed. */
  fraction(): number;
}
