/** The measures of the matrix as they are shown on RabbitMQ. */
import type { MeasureHere } from '../measure.ts';

const attached = 'needs nodes of our own: a queue of a cluster that is there already is where its operator has put it';

/** They hit no node. */
const anywhere: Readonly<Record<string, MeasureHere>> = {
  'idempotent-producer': { missing: 'a queue knows no message again: who consumes it has to' },
  'commit-after': pair('rabbitmq-commit-after', { title: 'manual ack', fault: 'consumers killed before the effect' }),
};

const onNodes: Readonly<Record<string, MeasureHere>> = {
  retry: pair('rabbitmq-retry', { fault: 'kill -9 of one of three nodes, and back' }),
  'several-masters': pair('rabbitmq-several-nodes', {
    title: 'several nodes',
    fault: 'one node down for longer than the whole retry budget',
  }),
  'sync-flush': {
    missing:
      'there is nothing to switch: what RabbitMQ confirms it has synced (mqchaos run rabbitmq-power-loss), and what is not persistent goes with a mere restart',
  },
  'sync-replication': pair('rabbitmq-quorum', { title: 'quorum queue', fault: 'the disk of one of three nodes lost' }),
};

export function measureOf(name: string, isAttached: boolean): MeasureHere | undefined {
  const here = onNodes[name];
  return isAttached && here?.profiles !== undefined ? { missing: attached } : (here ?? anywhere[name]);
}

function pair(profile: string, more: Pick<MeasureHere, 'title' | 'fault'>): MeasureHere {
  return {
    ...more,
    profiles: [
      ['on', profile],
      ['off', `${profile}-off`],
    ],
  };
}
