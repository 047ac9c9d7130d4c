/** What each fault takes of what a node has written. */
export const taken: Readonly<Record<string, 'nothing' | 'unsynced' | 'all'>> = {
  kill: 'nothing', // what was written is in the page cache, which is the machine's
  'kill-at': 'nothing',
  'kill-paused': 'nothing',
  'pause-at': 'nothing',
  stop: 'nothing',
  pause: 'nothing',
  restart: 'nothing',
  'power-loss': 'unsynced',
  'disk-loss': 'all',
  promote: 'nothing', // what the new leader lacks is given up, but not taken from the node
  'disk-fail': 'nothing', // what could not be written or synced was not acknowledged, or is in the page cache
  'disk-full': 'nothing',
  'disk-slow': 'nothing',
  // a link holds bytes that no node has yet: what was written is where it was
  partition: 'nothing',
  'one-way-partition': 'nothing',
  latency: 'nothing',
  bandwidth: 'nothing',
  reset: 'nothing',
  'half-open': 'nothing',
  'slow-close': 'nothing',
  'cut-after': 'nothing',
  'lost-answer': 'nothing', // what a link does to requests and answers takes nothing of what was written
  'delayed-answer': 'nothing',
  'error-answer': 'nothing',
  'moved-leader': 'nothing',
  'doubled-records': 'nothing',
  'corrupted-records': 'nothing',
  'swapped-records': 'nothing',
};
