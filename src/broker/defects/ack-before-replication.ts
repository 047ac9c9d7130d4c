import type { Defect } from './defect.ts';

/** Whoever asks for all replicas is answered like one who asks for the leader alone. */
export const ackBeforeReplication: Defect = {
  name: 'ack-before-replication',
  summary: 'with replication sync: acknowledges what only the master has',
  under: 'the loss of the master’s disk, or a failover, while a slave is behind',
  caughtAs: 'lost',
  replaces: ({ append }) => ({
    append: (arriving) => append({ ...arriving, acks: Math.abs(arriving.acks) }),
  }),
};
