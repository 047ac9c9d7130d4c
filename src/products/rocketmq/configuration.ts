/** Configuration files of RocketMQ's processes: only what differs from its own defaults, each line with its reason. */
import type { Member } from './nodes.ts';
import type { RocketmqPlan } from './settings.ts';

export const clusterName = 'mqchaos';
const host = '127.0.0.1';

export interface Place {
  /** Of the node. */
  readonly folder: string;
  /** Where the name server listens, host:port. */
  readonly named: string;
  /** Where the controller listens, host:port; absent: there is none. */
  readonly controller: string | undefined;
}

export function nameServerConfiguration(
  port: number,
  { electUnclean }: RocketmqPlan,
  { folder, controller }: Place,
): string {
  return properties({
    listenPort: port,
    bindAddress: host,
    ...(controller === undefined
      ? {}
      : {
          enableControllerInNamesrv: true,
          controllerDLegerGroup: 'controller',
          controllerDLegerPeers: `n0-${controller}`,
          controllerDLegerSelfId: 'n0',
          mappedFileSize: 10 * mebi, // of its log: 1 GiB by default
          controllerStorePath: `${folder}/controller`,
          ...(electUnclean ? { enableElectUncleanMaster: true } : {}),
        }),
  });
}

export interface BrokerPorts {
  readonly listen: number;
  readonly replication: number;
  /** Which clients and other brokers are told. */
  readonly host: string;
  /** Where a slave copies from, host:port. Absent: where the name server says. */
  readonly source?: string;
}

export function brokerConfiguration(
  { set, brokerId }: Member,
  plan: RocketmqPlan,
  ports: BrokerPorts,
  { folder, named, controller }: Place,
): string {
  const { flush, replication, inSyncReplicas, minInSyncReplicas, allAckInSyncStateSet, popBufferMerge } = plan;
  const store = `${folder}/store`;
  const master = replication === 'sync' ? 'SYNC_MASTER' : 'ASYNC_MASTER';
  return properties({
    ...{ brokerClusterName: clusterName, brokerName: set, namesrvAddr: named },
    ...{
      brokerIP1: ports.host,
      brokerIP2: host,
      bindAddress: host,
      listenPort: ports.listen,
      haListenPort: ports.replication,
      ...(ports.source === undefined ? {} : { haMasterAddress: ports.source }),
    },
    ...{ storePathRootDir: store, storePathCommitLog: `${store}/commitlog` },
    // with a controller, who is master and which number a broker has is decided there
    ...(controller === undefined
      ? { brokerId, brokerRole: brokerId === 0 ? master : 'SLAVE' }
      : {
          enableControllerMode: true,
          controllerAddr: controller,
          brokerRole: master,
          allAckInSyncStateSet,
          minInSyncReplicas,
        }),
    flushDiskType: flush === 'sync' ? 'SYNC_FLUSH' : 'ASYNC_FLUSH',
    ...(replication === 'sync' ? { inSyncReplicas } : {}),
    ...(popBufferMerge ? { enablePopBufferMerge: true } : {}),
    // without it a slave refuses every pull, and what it has looks lost
    slaveReadEnable: true,
    // topics are made by us on every broker; one that a send makes by itself has other queues
    autoCreateTopicEnable: false,
    // small files: a node is made and removed in seconds, and fits where 1 GiB of commit log does not
    ...{ mappedFileSizeCommitLog: 64 * mebi, mappedFileSizeConsumeQueue: 600_000, mappedFileSizeTimerLog: 10 * mebi },
    ...{ maxHashSlotNum: 50_000, maxIndexNum: 200_000 },
    // a disk that others have filled is no fault of this run
    diskMaxUsedSpaceRatio: 98,
    // after a restart of the name server brokers are back in 10 s instead of 30 s: the least that is allowed
    ...{ registerNameServerPeriod: 10_000, registerBrokerTimeoutMills: 6_000 },
    // 200 ms by default, which a busy laptop exceeds: sends are then refused for no fault of ours
    ...{ waitTimeMillsInSendQueue: 3_000, waitTimeMillsInPullQueue: 5_000, sendMessageThreadPoolNums: 4 },
    // the reader's pulls: 32 messages by default
    ...{ maxTransferCountOnMessageInMemory: 1_024, maxTransferBytesOnMessageInMemory: mebi },
  });
}

const mebi = 1024 * 1024;

/** JSON, unlike the others. */
export function proxyConfiguration(
  ports: { readonly grpc: number; readonly remoting: number; readonly linked?: boolean },
  { named }: Place,
): string {
  const settings = {
    ...{ rocketMQClusterName: clusterName, namesrvAddr: named, localServeAddr: host },
    ...{ grpcServerPort: ports.grpc, remotingListenPort: ports.remoting },
    // by default clients are told the port that the proxy listens at, whichever they have asked
    ...(ports.linked === true ? { useEndpointPortFromRequest: true } : {}),
    // a dead PushConsumer keeps its messages for so long: 120 s by default, and a drain would be over before they come
    channelExpiredTimeout: 20_000,
    // a topic that was just made is found soon; 20 s by default
    topicRouteServiceCacheRefreshSeconds: 2,
    // 5 s by default: a receive with a shorter wait fails at once
    grpcClientConsumerMinLongPollingTimeoutMillis: 500,
  };
  return `${JSON.stringify(settings, null, 2)}\n`;
}

function properties(values: Readonly<Record<string, string | number | boolean>>): string {
  return `${Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}
