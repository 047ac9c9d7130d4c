/**
 * What a link does to requests and answers that pass it: rules, in words that are no protocol's own. Which names of
 * requests and errors there are is the protocol's business.
 */

/** One rule in force on one link. Whatever is left out holds for all. */
export interface WireRule {
  /** The fault that it belongs to: `f1`. */
  readonly id: string;
  /** Decides, with the id, which requests a `share` falls on, and where something is damaged. */
  readonly seed: number;
  readonly deed: WireDeed;
  /** Name of the request: `produce`. */
  readonly api?: string;
  /** Of these topics: a name, or one with `*` for any characters. */
  readonly topic?: string;
  readonly partition?: number;
  /** Of clients that call themselves so, or of the process of that name (`p1`). May have `*`, too. */
  readonly client?: string;
  /** Not of these processes, whatever they ask. */
  readonly except?: readonly string[];
  /** Of the requests that it is about, this share: above 0, up to 1. Default 1. */
  readonly share?: number;
  /** No more than so many deeds. Default: no end. */
  readonly times?: number;
}

export type WireDeed =
  | {
      /** The request is served, its answer is not delivered. */
      readonly type: 'lose-answer';
      /** What the client finds: the connection closed, nothing more on it, or the next answer. */
      readonly connection: 'closes' | 'falls silent' | 'goes on';
    }
  | { readonly type: 'delay-answer'; readonly delayMs: number }
  | {
      readonly type: 'answer-error';
      /** By the protocol's name. */
      readonly error: string;
      /** Whether the broker served the request first, or never sees it. */
      readonly served: boolean;
    }
  /** An answer that says who leads names another. */
  | { readonly type: 'move-leader' }
  | {
      readonly type: 'change-records';
      readonly how: 'double' | 'corrupt' | 'swap';
      /** On their way to the broker, or from it. */
      readonly on: 'produce' | 'fetch';
      /** Of what is damaged: made right again, or left as it was, so that who checks it can tell. */
      readonly checksum: 'right' | 'wrong';
    };

/** What a rule has done so far. The numbers are exact; the log keeps the first so many deeds. */
export interface WireReport {
  /** Requests that the rule is about, whether or not the share or the count took them. */
  readonly met: number;
  readonly done: number;
  /** Requests of this name that could not be read, so that nobody knows whether the rule is about them. */
  readonly unread: number;
  /** The same by kind and reason, such as `fetch 19: a version that links do not read`; absent: none. */
  readonly unreadBy?: Readonly<Record<string, number>>;
  /** Deeds for each topic and partition (`orders/3`), or for each request where there is none. */
  readonly by: Readonly<Record<string, number>>;
  /** Deeds that are counted and not in the log; absent: none. */
  readonly notLogged?: number;
  readonly log: readonly WireLogEntry[];
}

/** One deed: on which connection, to which request, and what the protocol knows of it; or a request that was `unread`. */
export type WireLogEntry = Readonly<Record<string, string | number>>;
