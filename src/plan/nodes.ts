/** Names are the profile's, which aims at them; a plan has the same. */
export {
  consumerNames,
  groupOfConsumer,
  masterNames,
  nameServer,
  nodeCount,
  producerNames,
  slaveNames,
} from '../profile/names.ts';
