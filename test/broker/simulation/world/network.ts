import type { Listener, Network, Stream } from '../../../../src/broker/world/world.ts';
import type { RandomStream } from '../../../../src/plan/random.ts';
import type { Life } from './life.ts';
import type { Time } from './time.ts';

/** As much may be on its way, or wait for a reader that has paused, before a writer is told. */
const windowBytes = 32 * 1024;

/** A machine on the network. Its processes come and go, and it may be without power. */
interface Machine {
  hasPower: boolean;
  readonly listeners: Map<number, { readonly life: Life; readonly accept: (stream: Stream) => void }>;
  readonly ends: Set<End>;
}

/**
 * The network between machines. Each connection keeps its order and each chunk takes a time of its own, so that what is
 * sent on different connections overtakes. Between machines that are parted nothing arrives, as with TCP: what was sent
 * comes when they are joined again. A process that dies resets its connections; a machine without power does so only when
 * it is back.
 */
export class Wire {
  readonly #time: Time;
  readonly #random: RandomStream;
  readonly #machines = new Map<string, Machine>();
  /** Directions in which nothing arrives: `from>to`. */
  readonly #silent = new Set<string>();
  /** Told of every chunk that arrives. */
  readonly #witness: (from: string, to: string, bytes: number) => void;

  constructor(time: Time, random: RandomStream, witness: (from: string, to: string, bytes: number) => void) {
    this.#time = time;
    this.#random = random;
    this.#witness = witness;
  }

  /** What a process on that machine sees of the network. */
  of(machine: string, life: Life): Network {
    return {
      listen: async (_host, port, accept) => this.#listen(machine, life, port, accept),
      connect: (host, port, timeoutMs) => this.#connect(machine, life, host, port, timeoutMs),
    };
  }

  part(from: string, to: string): void {
    this.#silent.add(`${from}>${to}`);
  }

  join(from: string, to: string): void {
    this.#silent.delete(`${from}>${to}`);
    for (const end of this.#machine(to).ends) end.catchUp();
  }

  isParted(from: string, to: string): boolean {
    return this.#silent.has(`${from}>${to}`) || !this.#machine(to).hasPower;
  }

  /** The process on it has ended: its connections are reset, unless the machine has lost its power. */
  ended(machine: string, power: boolean): void {
    const here = this.#machine(machine);
    here.hasPower = power;
    here.listeners.clear();
    if (power) this.#reset(here);
  }

  /** The power is back, and connections of the life before are not known here any more. */
  booted(machine: string): void {
    const here = this.#machine(machine);
    if (here.hasPower) return;
    here.hasPower = true;
    this.#reset(here);
  }

  /** Brings something to the other end, not before `earliestMs`. Returns when it arrives. */
  carry(from: End, to: End, bytes: number, earliestMs: number, deliver: () => void): number {
    const arrivesMs = Math.max(earliestMs, this.#time.nowMs() + this.delayMs());
    this.#time.after(arrivesMs - this.#time.nowMs(), () => {
      to.queue(() => {
        if (bytes > 0) this.#witness(from.machine, to.machine, bytes);
        deliver();
      });
    });
    return arrivesMs;
  }

  delayMs(): number {
    return 0.05 + this.#random.float() * (this.#random.int(30) === 0 ? 20 : 0.6);
  }

  split(chunk: Buffer): Buffer[] {
    if (chunk.length < 2 || this.#random.int(6) > 0) return [chunk];
    const at = 1 + this.#random.int(chunk.length - 1);
    return [chunk.subarray(0, at), chunk.subarray(at)];
  }

  forget(end: End): void {
    this.#machine(end.machine).ends.delete(end);
  }

  #listen(machine: string, life: Life, port: number, accept: (stream: Stream) => void): Listener {
    const { listeners, ends } = this.#machine(machine);
    listeners.set(port, { life, accept });
    return {
      port,
      close: async () => {
        if (listeners.get(port)?.life === life) listeners.delete(port);
        for (const end of ends) if (end.life === life && end.accepted) end.close();
      },
    };
  }

  #connect(from: string, life: Life, to: string, port: number, timeoutMs: number): Promise<Stream> {
    return new Promise((resolve, reject) => {
      const late = life.setTimer(timeoutMs, () => reject(new Error(`no connection within ${timeoutMs} ms`)));
      const wayMs = this.delayMs() + this.delayMs();
      this.#time.after(wayMs, () => {
        // A connection that is asked for while the machines are parted is given up.
        if (this.isParted(from, to) || this.isParted(to, from) || life.isOver) return;
        const listener = this.#machine(to).listeners.get(port);
        life.now(() => {
          late.cancel();
          if (listener === undefined || listener.life.isOver) return reject(new Error(`ECONNREFUSED ${to}:${port}`));
          const near = new End(this, from, life, to, false);
          const far = new End(this, to, listener.life, from, true);
          near.other = far;
          far.other = near;
          this.#machine(from).ends.add(near);
          this.#machine(to).ends.add(far);
          listener.life.now(() => listener.accept(far));
          resolve(near);
        });
      });
    });
  }

  #reset(here: Machine): void {
    for (const end of here.ends) end.reset();
    here.ends.clear();
  }

  #machine(name: string): Machine {
    let machine = this.#machines.get(name);
    if (machine === undefined) {
      machine = { hasPower: true, listeners: new Map(), ends: new Set() };
      this.#machines.set(name, machine);
    }
    return machine;
  }
}

class End implements Stream {
  readonly machine: string;
  readonly life: Life;
  readonly peer: string;
  readonly accepted: boolean;
  other: End | undefined;
  readonly #wire: Wire;
  /** Arrived, and not taken yet: its order is that of the connection. */
  readonly #arrived: (() => void)[] = [];
  #data: ((chunk: Buffer) => void) | undefined;
  #ended: (() => void) | undefined;
  #reading = true;
  #closed = false;
  #underWay = 0;
  /** When the last of what was sent arrives. */
  #arrivesMs = 0;
  #waiting: (() => void)[] = [];

  constructor(wire: Wire, machine: string, life: Life, peer: string, accepted: boolean) {
    this.#wire = wire;
    this.machine = machine;
    this.life = life;
    this.peer = peer;
    this.accepted = accepted;
  }

  receive(data: (chunk: Buffer) => void, closed: () => void): void {
    this.#data = data;
    this.#ended = closed;
    if (this.#closed) this.life.setTimer(0, closed);
    else this.life.setTimer(0, () => this.catchUp());
  }

  write(chunk: Buffer): void {
    const { other } = this;
    if (this.#closed || other === undefined) return;
    for (const part of this.#wire.split(Buffer.from(chunk))) {
      this.#underWay += part.length;
      this.#send(part.length, () => other.#take(part));
    }
  }

  congested(): Promise<void> | undefined {
    if (this.#closed || this.#underWay <= windowBytes) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  pause(): void {
    this.#reading = false;
  }

  resume(): void {
    this.#reading = true;
    this.life.setTimer(0, () => this.catchUp());
  }

  close(): void {
    if (this.#closed) return;
    this.#over();
    this.#send(0, () => this.other?.hungUp());
  }

  /** The other side hears of it; this one is nobody's any more. */
  reset(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#send(0, () => this.other?.hungUp());
  }

  hungUp(): void {
    if (!this.#closed) this.#over();
  }

  /** Something has arrived at this machine. */
  queue(deliver: () => void): void {
    this.#arrived.push(deliver);
    this.catchUp();
  }

  /** Takes what has arrived, unless something is in the way. */
  catchUp(): void {
    if (this.#wire.isParted(this.peer, this.machine) || this.#data === undefined || !this.#reading) return;
    const next = this.#arrived.shift();
    if (next === undefined) return;
    this.life.now(() => {
      next();
      // one at a time: what a chunk has begun settles before the next one comes
      if (this.#arrived.length > 0) this.life.setTimer(0, () => this.catchUp());
    });
  }

  #send(bytes: number, deliver: () => void): void {
    const { other } = this;
    if (other === undefined) return;
    this.#arrivesMs = this.#wire.carry(this, other, bytes, this.#arrivesMs, deliver);
  }

  #take(chunk: Buffer): void {
    const { other } = this;
    if (other !== undefined) other.#sent(chunk.length);
    if (!this.#closed) this.#data?.(chunk);
  }

  #sent(bytes: number): void {
    this.#underWay -= bytes;
    if (this.#underWay <= windowBytes) this.#go();
  }

  #go(): void {
    for (const resolve of this.#waiting.splice(0)) this.life.setTimer(0, resolve);
  }

  #over(): void {
    this.#closed = true;
    this.#wire.forget(this);
    this.#go();
    const ended = this.#ended;
    if (ended !== undefined) this.life.setTimer(0, ended);
  }
}
