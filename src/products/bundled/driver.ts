/** The bundled broker speaks the Kafka protocol. */
import type { Driver } from '../driver.ts';
import { kafkaProtocol } from '../kafka/client/protocol.ts';

export const driver: Driver = kafkaProtocol('bundled');
