/** One accepted connection: its two sockets, the two directions between them, and what faults and a protocol do to it. */
import { connect, type Socket } from 'node:net';
import { type Course, isStraight, straight } from './course.ts';
import { Flow } from './flow.ts';
import type { Interceptor, LinkTarget, Outlet, Protocol } from './interceptor.ts';
import type { Details } from './orders.ts';
import type { Direction } from './rule.ts';

/** How long the receiver of a cut connection may take to close it too. */
const lingerMs = 2000;

export type Address = LinkTarget;

/** What a connection needs of its link. */
export interface ConnectionHost {
  readonly link: string;
  readonly target: Address;
  readonly protocol: Protocol | undefined;
  sourceOf(connection: Connection): string | undefined;
  log(what: Details): void;
  /** Both sockets are gone. */
  over(connection: Connection): void;
}

/**
 * `waiting` for the node: not asked yet, because a silence is in force, or not answered yet. `joined` to it. `half-open`:
 * one end is gone and the other was not told. `over`: both ends are closed, or about to.
 */
type ConnectionState = 'waiting' | 'joined' | 'half-open' | 'over';

export class Connection {
  readonly number: number;
  /** By which the system knows who opened it. */
  readonly peerPort: number;
  readonly peerAddress: string;
  readonly #host: ConnectionHost;
  readonly #client: Socket;
  #node: Socket | undefined;
  #requests: Flow | undefined;
  #answers: Flow | undefined;
  #interceptor: Interceptor | undefined;
  #courses: Readonly<Record<Direction, Course>> = { requests: straight, answers: straight };
  #state: ConnectionState = 'waiting';
  /** An end that broke behind a silence: the other one is told when it is over. */
  #broken: Direction | undefined;
  /** The other end is told later, by a slow close. */
  #telling: NodeJS.Timeout | undefined;
  #closed = 0;

  constructor(number: number, client: Socket, host: ConnectionHost) {
    this.number = number;
    this.peerPort = client.remotePort ?? 0;
    this.peerAddress = client.remoteAddress ?? '';
    this.#client = client;
    this.#host = host;
    client.setNoDelay(true);
    client.on('error', () => this.#broke('requests'));
    client.on('close', () => this.#gone());
  }

  /** It is joined to its node, and nothing keeps its bytes back. */
  get passes(): boolean {
    return this.#state === 'joined' && !this.#isSilent();
  }

  get bytes(): Readonly<Record<Direction, number>> {
    return { requests: this.#requests?.bytes ?? 0, answers: this.#answers?.bytes ?? 0 };
  }

  get keptBytes(): number {
    return (this.#requests?.keptBytes ?? 0) + (this.#answers?.keptBytes ?? 0);
  }

  /** From now on. The first call opens the connection to the node, unless a silence is in force. */
  follow(courses: Readonly<Record<Direction, Course>>): void {
    this.#courses = courses;
    if (this.#state === 'waiting' && this.#node === undefined) this.#begin();
    if (this.#state !== 'joined') return;
    this.#requests?.follow(courses.requests);
    this.#answers?.follow(courses.answers);
    if (this.#broken !== undefined && !this.#courses[this.#broken].silent) this.#tellOther(this.#broken);
  }

  /** Both ends get a reset (RST). */
  reset(): void {
    if (this.#state === 'over') return;
    this.#end();
    reset(this.#client);
    reset(this.#node);
  }

  /** Whoever sends in that direction gets a reset; who receives, what has come so far and then an end (FIN). */
  cut(direction: Direction): void {
    if (this.#state !== 'joined') return;
    const [sender, receiver] = direction === 'requests' ? [this.#client, this.#node] : [this.#node, this.#client];
    this.#end();
    reset(sender);
    // what the receiver still says is read and thrown away: a reset now could overtake the bytes before the end
    receiver?.end();
    receiver?.resume();
    this.#telling = setTimeout(() => reset(receiver), lingerMs);
  }

  /** One end is gone, without a word to the other, which stands open and unheard. False when it was not joined. */
  leaveHalfOpen(gone: 'client' | 'node'): boolean {
    if (this.#state !== 'joined') return false;
    this.#state = 'half-open';
    this.#requests?.hold('silence');
    this.#answers?.hold('silence');
    this.#stop();
    reset(gone === 'client' ? this.#client : this.#node);
    return true;
  }

  /** A handshake needs both directions, so that one silence is enough to keep a new connection from its node. */
  #isSilent(): boolean {
    return this.#courses.requests.silent || this.#courses.answers.silent;
  }

  /** Connects to the node, unless a silence keeps even the handshake from it. */
  #begin(): void {
    if (!this.#isSilent()) return this.#connect();
    for (const { bent } of Object.values(this.#courses)) for (const tell of bent) tell('bytes');
  }

  #connect(): void {
    const node = connect({ ...this.#host.target, allowHalfOpen: true, noDelay: true });
    this.#node = node;
    node.on('error', () => this.#broke('answers'));
    node.on('close', () => this.#gone());
    node.on('connect', () => this.#join(node));
  }

  #join(node: Socket): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'joined';
    const requests = new Flow(this.#client, node);
    const answers = new Flow(node, this.#client);
    this.#requests = requests;
    this.#answers = answers;
    const interceptor = this.#host.protocol?.intercept(
      {
        link: this.#host.link,
        number: this.number,
        source: () => this.#host.sourceOf(this),
        log: (what) => this.#host.log({ ...what, connection: this.number, source: this.#host.sourceOf(this) }),
      },
      this.#outlet(requests, answers),
    );
    this.#interceptor = interceptor;
    if (!isStraight(this.#courses.requests)) requests.follow(this.#courses.requests);
    if (!isStraight(this.#courses.answers)) answers.follow(this.#courses.answers);
    if (interceptor === undefined) {
      this.#client.on('data', (chunk) => requests.take(chunk));
      this.#client.on('end', () => requests.finish());
      node.on('data', (chunk) => answers.take(chunk));
      node.on('end', () => answers.finish());
    } else {
      this.#client.on('data', (chunk) => interceptor.fromClient(chunk));
      this.#client.on('end', () => interceptor.endClient());
      node.on('data', (chunk) => interceptor.fromServer(chunk));
      node.on('end', () => interceptor.endServer());
    }
    requests.start();
    answers.start();
  }

  #outlet(requests: Flow, answers: Flow): Outlet {
    const from = { client: requests, server: answers };
    return {
      toServer: (chunk) => requests.take(chunk),
      toClient: (chunk) => answers.take(chunk),
      endToServer: () => requests.finish(),
      endToClient: () => answers.finish(),
      hold: (end) => from[end].hold('interceptor'),
      release: (end) => from[end].release('interceptor'),
      reset: () => this.reset(),
    };
  }

  /** One end has reset the connection, or could not be reached: the other is told, by a reset as well. */
  #broke(direction: Direction): void {
    if (this.#state === 'over' || this.#state === 'half-open') return;
    const { silent, bent } = this.#courses[direction];
    if (!silent) return this.#tellOther(direction);
    this.#broken = direction;
    for (const tell of bent) tell('end');
  }

  #tellOther(direction: Direction): void {
    const { closeDelayMs, bent } = this.#courses[direction];
    if (closeDelayMs === 0) return this.reset();
    for (const tell of bent) tell('end');
    this.#telling ??= setTimeout(() => this.reset(), closeDelayMs);
  }

  #gone(): void {
    this.#closed += 1;
    if (this.#closed < (this.#node === undefined ? 1 : 2)) return;
    this.#end();
    clearTimeout(this.#telling);
    this.#host.over(this);
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#telling);
    this.#requests?.stop();
    this.#answers?.stop();
    this.#interceptor?.closed();
    this.#interceptor = undefined;
  }
}

function reset(socket: Socket | undefined): void {
  if (socket !== undefined && !socket.destroyed) socket.resetAndDestroy();
}
