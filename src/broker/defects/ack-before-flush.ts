import type { Defect } from './defect.ts';

/** With flush sync, acknowledges what is only in the page cache, and syncs at intervals. */
export const ackBeforeFlush: Defect = {
  name: 'ack-before-flush',
  summary: 'with flush sync: acknowledges from the page cache, and syncs by interval',
  under: 'a power cut',
  caughtAs: 'lost',
  replaces: ({ promises }) => ({ promises: { ...promises, flush: 'async' } }),
};
