import type {
  Clock,
  Disk,
  DiskFile,
  Listener,
  Network,
  Stream,
  Timer,
  World,
} from '../../../src/broker/world/world.ts';

/**
 * A world in memory, with real timers: enough to run nodes without files and sockets. Not the simulator: nothing here
 * is deterministic, tears or fails.
 */
export function memoryWorld(network = memoryNetwork(), disk: Disk = new MemoryDisk(), clock = timerClock()): World {
  return {
    clock,
    disk,
    network,
    random: { bytes: randomBytes, fraction: Math.random },
    log: () => {},
    notice: () => {},
  };
}

function timerClock(): Clock {
  return {
    nowMs: () => performance.now(),
    setTimer(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return { cancel: () => clearTimeout(timer) };
    },
  };
}

function randomBytes(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(Math.random() * 256)));
}

/** Time that passes only when told to. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Map<() => void, number>();

  nowMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const fire = () => callback();
    this.#timers.set(fire, this.#nowMs + delayMs);
    return { cancel: () => this.#timers.delete(fire) };
  }

  /** Lets time pass in steps small enough that timers set by what a timer has begun are in time as well. */
  async pass(durationMs: number, stepMs = 50): Promise<void> {
    for (const untilMs = this.#nowMs + durationMs; this.#nowMs < untilMs; ) {
      this.#nowMs = Math.min(untilMs, this.#nowMs + stepMs);
      for (const [fire, atMs] of [...this.#timers]) {
        if (atMs > this.#nowMs || !this.#timers.delete(fire)) continue;
        fire();
      }
      await settled();
    }
  }
}

/** Everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export class MemoryDisk implements Disk {
  readonly files = new Map<string, Buffer>();
  /** Set to make every following write fail after so many bytes of it were written. */
  failWritesAfterBytes: number | undefined;
  /** Awaited in the middle of every sync: what was written before is on its way, what comes now is not. */
  duringSync: ((path: string) => Promise<void>) | undefined;
  /** How many syncs of files have begun. */
  syncs = 0;
  readonly #synced = new Map<string, Buffer>();
  #locked = false;

  async open(path: string): Promise<DiskFile> {
    if (!this.files.has(path)) this.files.set(path, Buffer.alloc(0));
    const content = () => this.files.get(path) ?? Buffer.alloc(0);
    const put = (data: Buffer, position: number) => {
      const grown = Buffer.alloc(Math.max(content().length, position + data.length));
      content().copy(grown);
      data.copy(grown, position);
      this.files.set(path, grown);
    };
    return {
      sizeBytes: async () => content().length,
      read: async (position, length) => Buffer.from(content().subarray(position, position + length)),
      write: async (data, position) => {
        if (this.failWritesAfterBytes === undefined) return put(data, position);
        put(data.subarray(0, this.failWritesAfterBytes), position);
        throw new Error('EIO');
      },
      truncate: async (sizeBytes) => {
        const cut = Buffer.alloc(sizeBytes);
        content().copy(cut);
        this.files.set(path, cut);
      },
      sync: async () => {
        this.syncs += 1;
        const written = Buffer.from(content());
        await this.duringSync?.(path);
        this.#synced.set(path, written);
      },
      close: async () => {},
    };
  }

  /** A disk with the same content, as a restart would find it. */
  copy(): MemoryDisk {
    const twin = new MemoryDisk();
    for (const [name, content] of this.files) twin.files.set(name, Buffer.from(content));
    for (const [name, content] of this.#synced) twin.#synced.set(name, content);
    return twin;
  }

  /** A disk as a restart would find it after the power was cut now: what was not synced is gone. */
  afterPowerCut(): MemoryDisk {
    const twin = new MemoryDisk();
    for (const [name, content] of this.#synced) {
      twin.files.set(name, Buffer.from(content));
      twin.#synced.set(name, content);
    }
    return twin;
  }

  async list(folder: string): Promise<string[]> {
    const prefix = folder === '.' ? '' : `${folder}/`;
    const names = [...this.files.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
    return [...new Set(names.map((name) => name.split('/')[0] ?? name))].sort();
  }

  async makeFolder(): Promise<void> {}

  async rename(from: string, to: string): Promise<void> {
    const content = this.files.get(from);
    if (content === undefined) throw new Error(`ENOENT ${from}`);
    this.files.delete(from);
    this.files.set(to, content);
    const synced = this.#synced.get(from);
    if (synced === undefined) return;
    this.#synced.delete(from);
    this.#synced.set(to, synced);
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path);
    this.#synced.delete(path);
  }

  async syncFolder(): Promise<void> {}

  async lock(): Promise<AsyncDisposable> {
    if (this.#locked) throw new Error('folder in use');
    this.#locked = true;
    return {
      [Symbol.asyncDispose]: async () => {
        this.#locked = false;
      },
    };
  }
}

export function memoryNetwork(): Network {
  const listeners = new Map<number, (stream: Stream) => void>();
  let lastPort = 1000;
  return {
    async listen(_host, port, accept) {
      lastPort += 1;
      const chosen = port === 0 ? lastPort : port;
      const open = new Set<Stream>();
      listeners.set(chosen, (stream) => {
        open.add(stream);
        accept(stream);
      });
      const listener: Listener = {
        port: chosen,
        async close() {
          listeners.delete(chosen);
          for (const stream of open) stream.close();
        },
      };
      return listener;
    },
    async connect(_host, port) {
      const accept = listeners.get(port);
      if (accept === undefined) throw new Error(`nobody listens on ${port}`);
      const [near, far] = streamPair();
      accept(far);
      return near;
    },
  };
}

function streamPair(): [Stream, Stream] {
  const ends = [new End(), new End()] as const;
  ends[0].other = ends[1];
  ends[1].other = ends[0];
  return [ends[0], ends[1]];
}

class End implements Stream {
  readonly peer = 'memory';
  other: End | undefined;
  #data: ((chunk: Buffer) => void) | undefined;
  #ended: (() => void) | undefined;
  #early: Buffer[] = [];
  #closed = false;

  receive(data: (chunk: Buffer) => void, closed: () => void): void {
    this.#data = data;
    this.#ended = closed;
    for (const chunk of this.#early.splice(0)) setImmediate(data, chunk);
    if (this.#closed) setImmediate(closed);
  }

  write(chunk: Buffer): void {
    const copy = Buffer.from(chunk);
    if (!this.#closed) setImmediate(() => this.other?.arrive(copy));
  }

  arrive(chunk: Buffer): void {
    if (this.#closed) return;
    if (this.#data === undefined) this.#early.push(chunk);
    else this.#data(chunk);
  }

  congested(): undefined {
    return undefined;
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#ended !== undefined) setImmediate(this.#ended);
    setImmediate(() => this.other?.close());
  }
}
