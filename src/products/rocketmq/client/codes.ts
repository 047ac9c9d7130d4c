/** Numbers of RocketMQ's remoting protocol, as RequestCode.java and ResponseCode.java of 5.5.0 have them. */

export const requests = {
  pullMessage: 11,
  queryConsumerOffset: 14,
  updateAndCreateTopic: 17,
  getAllTopicConfig: 21,
  getBrokerConfig: 26,
  getBrokerRuntimeInfo: 28,
  getMaxOffset: 30,
  getMinOffset: 31,
  consumerSendMessageBack: 36,
  putKvConfig: 100,
  getKvConfig: 101,
  deleteKvConfig: 102,
  getRouteInfo: 105,
  getBrokerClusterInfo: 106,
  updateAndCreateGroup: 200,
  deleteGroup: 207,
  getConsumeStats: 208,
  deleteTopicInBroker: 215,
  deleteTopicInNameServer: 216,
  sendMessageV2: 310,
  exchangeBrokerHaInfo: 906,
  getBrokerHaStatus: 907,
  popMessage: 200_050,
  ackMessage: 200_051,
  changeInvisibleTime: 200_053,
} as const;

/** Names of answers; a code that is not here is `CODE_n`. */
const answers: Readonly<Record<number, string>> = {
  0: 'SUCCESS',
  1: 'SYSTEM_ERROR',
  2: 'SYSTEM_BUSY',
  3: 'REQUEST_CODE_NOT_SUPPORTED',
  10: 'FLUSH_DISK_TIMEOUT',
  11: 'SLAVE_NOT_AVAILABLE',
  12: 'FLUSH_SLAVE_TIMEOUT',
  13: 'MESSAGE_ILLEGAL',
  14: 'SERVICE_NOT_AVAILABLE',
  16: 'NO_PERMISSION',
  17: 'TOPIC_NOT_EXIST',
  19: 'PULL_NOT_FOUND',
  20: 'PULL_RETRY_IMMEDIATELY',
  21: 'PULL_OFFSET_MOVED',
  22: 'QUERY_NOT_FOUND',
  26: 'SUBSCRIPTION_GROUP_NOT_EXIST',
  29: 'INVALID_PARAMETER',
  208: 'NO_MESSAGE',
  209: 'POLLING_FULL',
  210: 'POLLING_TIMEOUT',
  215: 'FLOW_CONTROL',
  1500: 'GO_AWAY',
};

export const success = 0;

export function nameOf(code: number): string {
  return answers[code] ?? `CODE_${code}`;
}
