/** What a Kafka node of ours is told in its configuration files. */
import { join } from 'node:path';
import type { ManagedKafka } from './settings.ts';

/** A node by its place: `k2` has the number 2. Addresses are `host:port`. */
export interface Member {
  readonly id: string;
  readonly number: number;
  readonly folder: string;
  /** Where it listens for clients and for the other brokers, and where they are told to reach it. */
  readonly client: string;
  readonly advertised: string;
  /** The same for the other controllers, and for brokers that ask the controller. */
  readonly controller: string;
  readonly voter: string;
}

const heartbeatMs = 300;
const leastGroupSessionMs = 500;

export function serverProperties(member: Member, members: readonly Member[], settings: ManagedKafka): string {
  const { replicationFactor, minInsyncReplicas, uncleanElection, flush, sessionTimeoutMs } = settings;
  const voters = members.map(({ number, voter }) => `${number}@${voter}`);
  const lines: readonly (readonly [key: string, value: string | number | boolean])[] = [
    ['process.roles', 'broker,controller'],
    ['node.id', member.number],
    ['controller.quorum.voters', voters.join(',')],
    ['listeners', `PLAINTEXT://${member.client},CONTROLLER://${member.controller}`],
    ['advertised.listeners', `PLAINTEXT://${member.advertised}`],
    ['controller.listener.names', 'CONTROLLER'],
    ['inter.broker.listener.name', 'PLAINTEXT'],
    ['listener.security.protocol.map', 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT'],
    ['log.dirs', join(member.folder, 'data')],
    // a disk of its own, so that a node whose messages are lost still knows which topics there are
    ['metadata.log.dir', join(member.folder, 'metadata')],
    ['default.replication.factor', replicationFactor],
    ['min.insync.replicas', minInsyncReplicas],
    ['unclean.leader.election.enable', uncleanElection],
    ...(flush === 'every-message' ? ([['log.flush.interval.messages', 1]] as const) : []),
    ['offsets.topic.replication.factor', replicationFactor],
    ['offsets.topic.num.partitions', 3],
    ['transaction.state.log.replication.factor', replicationFactor],
    ['transaction.state.log.min.isr', minInsyncReplicas],
    ['share.coordinator.state.topic.replication.factor', replicationFactor],
    ['share.coordinator.state.topic.min.isr', minInsyncReplicas],
    ['broker.session.timeout.ms', sessionTimeoutMs],
    ['broker.heartbeat.interval.ms', heartbeatMs],
    ['auto.create.topics.enable', false],
    // each new group waits so long, 3 s by default
    ['group.initial.rebalance.delay.ms', 0],
    // 6 s by default: consumers.sessionTimeout may be shorter
    ['group.min.session.timeout.ms', leastGroupSessionMs],
    // nine nodes on one machine
    ['num.network.threads', 2],
    ['num.io.threads', 4],
  ];
  return `${lines.map(([key, value]) => `${key}=${escaped(String(value))}`).join('\n')}\n`;
}

/** Java reads such a file as Latin-1, with escapes. */
function escaped(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replace(/[^\x20-\x7e]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Everything in a file of the node's own; what went wrong also on stderr, a line each with the first cause, for whoever started it. */
export const log4j = `Configuration:
  Appenders:
    File:
      name: file
      fileName: "\${sys:kafka.logs.dir}/server.log"
      PatternLayout: { pattern: "%d %p %m (%c{1})%n" }
    Console:
      name: errors
      target: SYSTEM_ERR
      PatternLayout: { pattern: "%m %rEx{1,separator( )}%n" }
  Loggers:
    Root:
      level: INFO
      AppenderRef: [{ ref: file }, { ref: errors, level: ERROR }]
`;
