/** What `mqchaos broker start` says when it is ready: where the cluster is, and how to reach it with what is at hand. */
import { counted } from '../../counted.ts';
import { kcatOptions, otherClientsLines } from '../../products/bundled/connecting.ts';
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
  const shown = { ...clients, ...(clients.ca === undefined ? {} : { ca: shownPath(clients.ca) }) };
  const kcat = `kcat -b ${bootstrap}${kcatOptions(shown)}`;
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
      ...otherClientsLines(shown),
      '  mqchaos broker fault kill master --for 2s     from another terminal',
      '  mqchaos broker status',
      `  mqchaos audit --sent FILE --received FILE --cluster ${shownPath(folder.path)}`,
      '                                                judges the logs of your application',
      '  Ctrl-C                                        ends it',
    ].join('\n'),
  );
}
