import type { Defect } from './defect.ts';

/** Answers a producer that asks for acks of all replicas as if it asked for the leader's alone. */
export const ackBeforeReplication: Defect = {
  name: 'ack-before-replication',
  summary: 'with replication sync: acknowledges what only the master has',
  under: 'the loss of the master’s disk, or a failover, while a slave is behind',
  caughtAs: 'lost',
  replaces: ({ append }) => ({
    append: (arriving) => append({ ...arriving, acks: Math.abs(arriving.acks) }),
  }),
};
