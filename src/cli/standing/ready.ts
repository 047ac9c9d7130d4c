/** What `mqchaos broker start` says when it is ready: where the cluster is, and how to reach it with what is at hand. */
import { counted } from '../../counted.ts';
import type { ClientsReady } from '../../run/standing/clients/clients.ts';
import type { StandingCluster } from '../../run/standing/cluster.ts';
import { shownPath } from '../shown-path.ts';
import { asCalled } from '../terminal.ts';

export interface Topic {
  readonly topic: string;
  readonly partitions: number;
}

export function readyText({ folder, settings, status, clients }: StandingCluster, topics: readonly Topic[]): string {
  const { masters, slaves } = settings;
  const topic = topics[0]?.topic;
  const sets = slaves === 0 ? '' : `, ${counted(slaves, 'slave')} each`;
  const kept = folder.temporary ? 'temporary: removed at the end' : 'kept';
  // zsh takes brackets for a pattern
  const bootstrap = status.bootstrap.includes('[') ? `'${status.bootstrap}'` : status.bootstrap;
  const kcat = `kcat -b ${bootstrap}${kcatSecurity(clients)}`;
  return asCalled(
    [
      `${counted(masters, 'master')}${sets}, ready`,
      '',
      `  bootstrap  ${status.bootstrap}`,
      `  nodes      ${status.nodes.map(({ id }) => id).join(', ')}`,
      `  folder     ${shownPath(folder.path)} (${kept})`,
      ...(clients.ca === undefined ? [] : [`  trust      ${shownPath(clients.ca)}`]),
      ...(clients.users.length === 0
        ? []
        : [`  login      ${clients.users.join(', ')} by PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512`]),
      '',
      ...(topic === undefined ? [`  ${kcat} -L`] : [`  ${kcat} -t ${topic} -P`, `  ${kcat} -t ${topic} -C`]),
      ...javaLines(clients),
      ...kafkajsLines(clients),
      '  mqchaos broker fault kill master --for 2s     from another terminal',
      '  mqchaos broker status',
      `  mqchaos audit --sent FILE --received FILE --cluster ${shownPath(folder.path)}`,
      '                                                judges the logs of your application',
      '  Ctrl-C                                        ends it',
    ].join('\n'),
  );
}

/** Stands for the password: the screen is no place for it. */
const password = 'PASSWORD';

/** By PLAIN, because librdkafka before 2.6.1 cannot do SCRAM with a server that checks it. */
function kcatSecurity({ protocol, ca, users: [user] }: ClientsReady): string {
  if (protocol === 'PLAINTEXT') return '';
  return [
    ` -X security.protocol=${protocol}`,
    ...(ca === undefined ? [] : [`-X ssl.ca.location=${shownPath(ca)}`]),
    ...(user === undefined ? [] : [`-X sasl.mechanism=PLAIN -X sasl.username=${user} -X sasl.password=${password}`]),
  ].join(' ');
}

function javaLines({ protocol, ca, users: [user] }: ClientsReady): string[] {
  if (protocol === 'PLAINTEXT') return [];
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return titled('Java', [
    `security.protocol=${protocol}`,
    ...(ca === undefined ? [] : ['ssl.truststore.type=PEM', `ssl.truststore.location=${ca}`]),
    ...(user === undefined
      ? []
      : [
          'sasl.mechanism=SCRAM-SHA-512',
          `sasl.jaas.config=${module} required username="${user}" password="${password}";`,
        ]),
  ]);
}

function kafkajsLines({ protocol, ca, users: [user] }: ClientsReady): string[] {
  if (protocol === 'PLAINTEXT') return [];
  return titled('kafkajs', [
    ...(protocol === 'SASL_PLAINTEXT'
      ? []
      : [ca === undefined ? 'ssl: true,' : `ssl: { ca: [readFileSync('${ca}')] },`]),
    ...(user === undefined
      ? []
      : [`sasl: { mechanism: 'scram-sha-512', username: '${user}', password: '${password}' },`]),
  ]);
}

function titled(title: string, lines: readonly string[]): string[] {
  return [...lines.map((line, index) => `  ${(index === 0 ? title : '').padEnd(8)} ${line}`)];
}
