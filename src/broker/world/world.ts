/**
 * Everything a node can touch outside its own memory. Nodes take a `World` as an argument and reach for nothing else, so
 * that the same code runs on a real machine (`real.ts`) and in a deterministic simulation, where time is virtual, writes
 * tear, networks split and power fails.
 *
 * Rules that a world may rely on and must keep:
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
  /** One short line for a human; nothing per message. */
  log(line: string): void;
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
  /** Opens for reading and writing, creates if missing. Folders on the way must exist. */
  open(path: string): Promise<DiskFile>;
  /** Names in a folder, sorted; an absent folder is empty. */
  list(folder: string): Promise<string[]>;
  /** With the folders on the way; survives a power cut. */
  makeFolder(folder: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removing what is not there is fine. */
  remove(path: string): Promise<void>;
  syncFolder(folder: string): Promise<void>;
  /** Before anything else: takes the whole folder for this node; throws `folder-in-use` while another live process holds it. */
  lock(): Promise<AsyncDisposable>;
}

export interface DiskFile {
  sizeBytes(): Promise<number>;
  /** Reads up to `length` bytes; shorter only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  /** Writes all of `data` or throws; after a throw the bytes at `position` and beyond are unspecified. */
  write(data: Buffer, position: number): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  /** fdatasync. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Network {
  /** Port 0 lets the world choose. Throws `port-in-use`. */
  listen(host: string, port: number, accept: (stream: Stream) => void): Promise<Listener>;
  connect(host: string, port: number, timeoutMs: number): Promise<Stream>;
}

export interface Listener {
  readonly port: number;
  /** Stops accepting and closes the streams that were accepted. */
  close(): Promise<void>;
}

/** A connected byte stream. Nothing arrives before `receive` is called; `closed` is called exactly once. */
export interface Stream {
  readonly peer: string;
  receive(data: (chunk: Buffer) => void, closed: () => void): void;
  /** Queues bytes to the peer; writing to a closed stream does nothing. */
  write(chunk: Buffer): void;
  /** A promise while the peer reads slower than we write; settles when it caught up or the stream closed. */
  congested(): Promise<void> | undefined;
  pause(): void;
  resume(): void;
  close(): void;
}

export interface Random {
  bytes(length: number): Buffer;
  /** Uniform in [0, 1). */
  fraction(): number;
}
