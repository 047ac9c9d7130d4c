/** The bundled broker speaks the Kafka protocol, and takes for a member of the cluster whoever knows its secret. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Driver } from '../driver.ts';
import { kafkaProtocol } from '../kafka/client/protocol.ts';
import { secretFile } from './layout.ts';

export const driver: Driver = {
  ...kafkaProtocol('bundled'),
  operatorId: ({ folder }) => readFileSync(secretFile(dirname(folder)), 'utf8').trim(),
};
