/** Apache Kafka, and whatever else speaks its protocol, through kafkajs. */
import type { Driver } from '../driver.ts';
import { kafkaProtocol } from './client/protocol.ts';
import { serves } from './serves.ts';

export const driver: Driver = { ...kafkaProtocol('kafka'), serves };
