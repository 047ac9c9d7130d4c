import type { Defect } from './defect.ts';

/** Told to flush before it acknowledges, the store acknowledges from the page cache and syncs by interval. */
export const ackBeforeFlush: Defect = {
  name: 'ack-before-flush',
  summary: 'with flush sync: acknowledges from the page cache, and syncs by interval',
  under: 'a power cut',
  caughtAs: 'lost',
  replaces: ({ promises }) => ({ promises: { ...promises, flush: 'async' } }),
};
