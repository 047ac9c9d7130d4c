/** One link: a listener before one node, and the connections that go through it. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { ToolError } from '../errors.ts';
import { noAbort, poll } from '../wait.ts';
import { Bends, type Did } from './bends.ts';
import { type Address, Connection, type ConnectionHost } from './connection.ts';
import type { Protocol } from './interceptor.ts';
import type { Details } from './orders.ts';
import { concerns, concernsAll, type Deed, type Direction, type Rule } from './rule.ts';
import type { Sources } from './sources.ts';

export interface LinkSpec {
  /** The node's: `b1`. */
  readonly name: string;
  /** Where clients connect; port 0: any that is free. */
  readonly listen: Address;
  /** Where the node is. */
  readonly target: Address;
}

export interface LinkParts extends LinkSpec {
  readonly sources: Sources;
  readonly protocol: Protocol | undefined;
  /** Writes one line of the link's log. */
  readonly log: (what: Details) => void;
}

const probeBoundMs = 2000;

export class Link {
  readonly name: string;
  readonly protocol: Protocol | undefined;
  readonly #parts: LinkParts;
  readonly #server: Server;
  readonly #host: ConnectionHost;
  readonly #connections = new Set<Connection>();
  /** Who opened them, as far as anybody has asked. */
  readonly #names = new WeakMap<Connection, string>();
  readonly #bends = new Bends();
  /** By the rule that has left them so. */
  readonly #halfOpen = new Map<string, readonly Connection[]>();
  /** Our own connection that finds out whether the link passes, while it is being made. */
  #probe: { readonly port: Promise<number | undefined>; readonly as: string | undefined } | undefined;
  #accepted = 0;
  /** Of connections that are over. */
  readonly #bytes: Record<Direction, number> = { requests: 0, answers: 0 };

  private constructor(parts: LinkParts) {
    const { name, target, protocol } = parts;
    this.name = name;
    this.protocol = protocol;
    this.#parts = parts;
    this.#host = {
      link: name,
      target,
      protocol,
      sourceOf: (connection) => this.#identify([connection]).get(connection),
      log: (what) => parts.log({ ...what, link: name }),
      over: (connection) => this.#over(connection),
    };
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => void this.#accept(client));
  }

  /** @throws ToolError `port-in-use` or `not-listening` (exit 4). */
  static async open(parts: LinkParts): Promise<Link> {
    const link = new Link(parts);
    await listen(link.#server, parts.listen);
    return link;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#parts.listen.port;
  }

  /** What it has done so far. */
  counts(): Details {
    const open = [...this.#connections];
    const bytes = (direction: Direction): number =>
      open.reduce((sum, connection) => sum + connection.bytes[direction], this.#bytes[direction]);
    return {
      ...{ accepted: this.#accepted, open: open.length },
      ...{ requestBytes: bytes('requests'), answerBytes: bytes('answers') },
    };
  }

  /** Puts a rule in force, or does its deed. Returns whom it met. */
  obey(rule: Rule, seed: number): Details {
    const open = [...this.#connections];
    const names = concernsAll(rule) ? new Map<Connection, string>() : this.#identify(open);
    const met = open.filter((connection) => concerns(rule, names.get(connection)));
    const { what } = rule;
    const done = isDeed(what) ? this.#do(rule.id, what, met) : this.#bend(() => this.#bends.add(rule, what, seed));
    const unknown = concernsAll(rule) ? {} : { unidentified: open.length - names.size };
    return { open: open.length, met: met.length, ...done, ...unknown };
  }

  /** Ends what the rules of that id do. Returns what they have met, bent and cut, and had kept back. */
  heal(id: string): Details {
    const keptBytes = [...this.#connections].reduce((sum, connection) => sum + connection.keptBytes, 0);
    let did: Did | undefined;
    this.#bend(() => {
      did = this.#bends.remove(id);
    });
    const halfOpen = this.#halfOpen.get(id) ?? [];
    this.#halfOpen.delete(id);
    for (const connection of halfOpen) connection.reset();
    return {
      ...{ keptBytes },
      ...(did === undefined ? {} : toldOf(did)),
      ...(halfOpen.length === 0 ? {} : { reset: halfOpen.length }),
    };
  }

  /** Processes have got names, or other ones. */
  renamed(): void {
    if (this.#bends.askWho) this.#follow();
  }

  /**
   * Connects to the link as a client would, and resolves once the node has answered through it: `joined`, or `refused`
   * when the node itself takes no connections. Both mean that the link passes.
   * Under a rule that lets nothing of that source through there is nothing to try: `held`, by those rules.
   * @param as as which source; undefined: one without a name.
   * @throws ToolError `does-not-pass` after 2 s.
   */
  async probe(as?: string): Promise<Details> {
    const held = this.#bends.silencing(as);
    if (held.length > 0) return { node: 'held', by: held };
    const started = performance.now();
    const socket = connect({ host: this.#parts.listen.host, port: this.port });
    const connected = new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
    let refused = false;
    socket.on('error', () => {
      refused = true;
    });
    this.#probe = { as, port: connected.then(() => socket.localPort) };
    const node = await poll(() => (refused ? 'refused' : this.#isJoined(socket.localPort) ? 'joined' : undefined), {
      ...{ everyMs: 2, boundMs: probeBoundMs, signal: noAbort },
    });
    this.#probe = undefined;
    socket.destroy();
    if (node !== undefined) return { node, tookMs: Math.round((performance.now() - started) * 10) / 10 };
    throw new ToolError(`the link before ${this.name} lets nothing through`, {
      code: 'does-not-pass',
      hint: 'see what the links have printed',
    });
  }

  #isJoined(port: number | undefined): boolean {
    return [...this.#connections].some((connection) => connection.peerPort === port && connection.passes);
  }

  /** Nothing more is accepted, and what is open is reset. */
  close(): void {
    this.#server.close();
    for (const connection of [...this.#connections]) connection.reset();
  }

  async #accept(client: Socket): Promise<void> {
    this.#accepted += 1;
    const connection = new Connection(this.#accepted, client, this.#host);
    this.#connections.add(connection);
    const probe = this.#probe;
    if (probe !== undefined && (await probe.port) === connection.peerPort && probe.as !== undefined) {
      this.#names.set(connection, probe.as);
    }
    const names = this.#bends.askWho ? this.#identify([connection]) : undefined;
    connection.follow(this.#bends.coursesOf(connection, names?.get(connection)));
  }

  #over(connection: Connection): void {
    this.#connections.delete(connection);
    this.#bytes.requests += connection.bytes.requests;
    this.#bytes.answers += connection.bytes.answers;
  }

  #do(id: string, what: Deed, met: readonly Connection[]): Details {
    if (what.do === 'reset') {
      for (const connection of met) connection.reset();
      return { reset: met.length };
    }
    const left = met.filter((connection) => connection.leaveHalfOpen(what.gone));
    this.#halfOpen.set(id, [...(this.#halfOpen.get(id) ?? []), ...left]);
    return { halfOpen: left.length };
  }

  #bend(change: () => void): Details {
    change();
    this.#follow();
    return {};
  }

  /** All connections take the course that the rules in force make for them. */
  #follow(): void {
    const open = [...this.#connections];
    const names = this.#bends.askWho ? this.#identify(open) : undefined;
    for (const connection of open) connection.follow(this.#bends.coursesOf(connection, names?.get(connection)));
  }

  /** Those that have a name. One that had none may have one by now: a process is named a moment after it has started. */
  #identify(connections: readonly Connection[]): ReadonlyMap<Connection, string> {
    const unknown = connections.filter((connection) => !this.#names.has(connection));
    const ends = unknown.map(({ peerAddress, peerPort }) => ({
      ...{ address: peerAddress, port: peerPort },
      toPort: this.port,
    }));
    const names = ends.length === 0 ? [] : this.#parts.sources.namesOf(ends);
    for (const [index, connection] of unknown.entries()) {
      const name = names[index];
      if (name !== undefined) this.#names.set(connection, name);
    }
    return new Map(
      connections.flatMap((connection) => {
        const name = this.#names.get(connection);
        return name === undefined ? [] : [[connection, name] as const];
      }),
    );
  }
}

function toldOf({ met, bent, cuts }: Did): Details {
  return { met, bent, ...(cuts === 0 ? {} : { cut: cuts }) };
}

function isDeed(what: Rule['what']): what is Deed {
  return what.do === 'reset' || what.do === 'half-open';
}

function listen(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        new ToolError(
          taken ? `port ${port} of ${host} is in use` : `cannot listen at ${host}:${port}: ${error.message}`,
          {
            code: taken ? 'port-in-use' : 'not-listening',
            hint: taken ? `see who listens there: ss -ltnp 'sport = :${port}'` : 'give an address of this machine',
            exitCode: 4,
          },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}
