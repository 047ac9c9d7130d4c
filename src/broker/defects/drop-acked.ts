import type { Defect } from './defect.ts';
import { Rarely } from './rarely.ts';
import { pretend } from './unstored.ts';

/** Acknowledges about every thousandth record, with the rest of its batch, and never stores it. */
export const dropAcked: Defect = {
  name: 'drop-acked',
  summary: 'acknowledges a batch now and then and never stores it',
  under: 'nothing: it happens by itself',
  caughtAs: 'lost',
  replaces({ append }) {
    const rarely = new Rarely();
    return { append: (arriving) => (rarely.picks(arriving.header.count) ? pretend(arriving) : append(arriving)) };
  },
};
