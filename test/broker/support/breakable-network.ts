import type { Listener, Network, Stream } from '../../../src/broker/world/world.ts';

/**
 * One node's way into a network that others share. Frozen, nothing comes or goes and nobody notices, as with a process
 * that is stopped (SIGSTOP) or a cable that is out; cut, everything is closed for good, as with one that is killed.
 */
export class BreakableNetwork implements Network {
  readonly #network: Network;
  readonly #open = new Set<Stream>();
  readonly #listeners = new Set<Listener>();
  readonly #held: (() => void)[] = [];
  #frozen = false;
  #cut = false;

  constructor(network: Network) {
    this.#network = network;
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const deed of this.#held.splice(0)) deed();
  }

  async cut(): Promise<void> {
    this.#cut = true;
    this.#held.length = 0;
    for (const stream of this.#open) stream.close();
    for (const listener of this.#listeners) await listener.close();
  }

  async listen(host: string, port: number, accept: (stream: Stream) => void): Promise<Listener> {
    const listener = await this.#network.listen(host, port, (stream) =>
      this.#do(() => accept(this.#breakable(stream))),
    );
    this.#listeners.add(listener);
    return listener;
  }

  async connect(host: string, port: number, timeoutMs: number): Promise<Stream> {
    if (this.#cut) throw new Error('network is cut');
    return this.#breakable(await this.#network.connect(host, port, timeoutMs));
  }

  /** Now, or once it thaws. */
  #do(deed: () => void): void {
    if (this.#frozen) this.#held.push(deed);
    else if (!this.#cut) deed();
  }

  #breakable(stream: Stream): Stream {
    this.#open.add(stream);
    return {
      peer: stream.peer,
      receive: (data, closed) =>
        stream.receive(
          (chunk) => this.#do(() => data(chunk)),
          () => this.#do(closed),
        ),
      write: (chunk) => {
        const copy = Buffer.from(chunk);
        this.#do(() => stream.write(copy));
      },
      congested: () => stream.congested(),
      pause: () => stream.pause(),
      resume: () => stream.resume(),
      close: () => stream.close(),
    };
  }
}
