/**
 * The hook for whoever understands the protocol that goes through a link: it stands between the two ends of each
 * connection, from its first byte, and decides what goes on to the other end.
 *
 * Where bytes go: client → `fromClient` → `outlet.toServer` → the link's faults (silence, latency, …) → node, and back
 * the same way. A link without a protocol has no interceptor, and hands its bytes on as they are.
 *
 * A protocol is a line in `products/protocols.ts`; a link speaks it when it is started with `"protocol": NAME` (see main.ts).
 * Rules come as the order `{"id": 7, "order": "rules", "link": "b1", …}` on stdin (wire/orders.ts says what else is in
 * it): they are handed to the `rules` of that link's protocol, whose return value is the answer, and whose ToolError is
 * the refusal. Rules come and go while connections are open. Log lines leave as `{"log": …, "link": "b1", "connection": 3, "source": "p1"}` on
 * stdout, which the process that started the link writes to a file.
 */
import type { Details } from './orders.ts';

/** Where the node is. */
export interface LinkTarget {
  readonly host: string;
  readonly port: number;
}

/** What a protocol does for one link. */
export interface Protocol {
  /** One for each connection that is accepted, at once; undefined: nothing is to be changed in this one, ever. */
  intercept(connection: Intercepted, outlet: Outlet): Interceptor | undefined;
  /** Takes the order `rules`, whole. @throws ToolError when a rule is wrong: nothing is changed then. */
  rules(order: Details): Details;
}

/** One connection, as an interceptor may know it. */
export interface Intercepted {
  /** Name of the link, which is the node's: `b1`. */
  readonly link: string;
  /** Its number on this link, from 1. */
  readonly number: number;
  /**
   * Who opened it: `p1`, `c2`, `b2`; undefined when the system does not tell. It is looked up when it is asked for first,
   * in up to some milliseconds.
   */
  source(): string | undefined;
  /** Writes one line of the link's log. */
  log(what: Details): void;
}

/**
 * Sees what comes from both ends. A chunk ends anywhere, never where a frame does. It may keep the chunk: nobody else
 * writes to its memory.
 */
export interface Interceptor {
  fromClient(chunk: Buffer): void;
  fromServer(chunk: Buffer): void;
  /** The client has closed its half (FIN): nothing more comes from it. */
  endClient(): void;
  endServer(): void;
  /** Both ends are gone, or the connection was reset: timers end here. Called once. */
  closed(): void;
}

/** What an interceptor can do to its connection. After `closed` nothing of it does anything. */
export interface Outlet {
  /** Sends bytes on. They keep their order, and backpressure is taken care of: the end that sends too fast is held. */
  toServer(chunk: Buffer): void;
  toClient(chunk: Buffer): void;
  /** Closes that half (FIN) once what was sent there is out. */
  endToServer(): void;
  endToClient(): void;
  /** Stops reading from an end, which then stands as before a full buffer; `release` reads on. They do not count. */
  hold(end: 'client' | 'server'): void;
  release(end: 'client' | 'server'): void;
  /** Resets both ends (RST). */
  reset(): void;
}
