/** The protocols that links can understand, by the name that a link is started with. */
import type { Protocol } from './interceptor.ts';
import type { Details } from './orders.ts';

/** Makes the protocol of one link, named `link`. `log` writes one line of the link's log. */
export type ProtocolMaker = (link: string, log: (what: Details) => void) => Protocol;

export const protocols: Readonly<Record<string, ProtocolMaker>> = {};
