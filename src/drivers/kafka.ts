/** Apache Kafka, and whatever else speaks its protocol: attached to by address, never started here. */
import type { Driver } from './driver.ts';
import { kafkaProtocol } from './kafkajs/protocol.ts';

export const kafka: Driver = kafkaProtocol('kafka');
