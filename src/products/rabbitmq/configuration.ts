/** `rabbitmq.conf` of a node. */
import { erlangName } from './nodes.ts';
import type { RabbitmqPlan } from './settings.ts';

/**
 * Memory and disk are bounded by numbers of our own: by default the bounds follow from the machine, and below them a node
 * stops reading from everybody who publishes, which looks like an outage. With 512 MB three quorum nodes did so.
 */
export function configuration(
  { partitionHandling = 'ignore', tickMs }: RabbitmqPlan,
  ids: readonly string[],
  address: string,
): string {
  const lines = [
    `listeners.tcp.1 = ${address}`,
    'vm_memory_high_watermark.absolute = 2GB',
    'disk_free_limit.absolute = 50MB',
    'log.file = rabbit.log',
    'log.file.level = info',
    'log.console = false',
    `cluster_partition_handling = ${partitionHandling}`,
    ...(tickMs === undefined ? [] : [`net_ticktime = ${Math.ceil(tickMs / 1000)}`]),
  ];
  if (ids.length > 1) {
    lines.push(
      'cluster_formation.peer_discovery_backend = classic_config',
      ...ids.map((id, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${erlangName(id)}`),
    );
  }
  return `${lines.join('\n')}\n`;
}
