/** The clients, how each is started, and what it needs. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ScriptName } from './steps.ts';

const here = import.meta.dirname;
const cache = resolve(here, '../.cache/clients');

export interface Client {
  readonly name: string;
  /** As it is pinned. */
  readonly version: string;
  readonly script: ScriptName;
  /** The command, to which the bootstrap address is added. */
  readonly command: readonly string[];
  /** The file without which it is not installed. */
  readonly needs: string;
  /** Runs in CI and by default; the others by MQCHAOS_CLIENTS. */
  readonly usual: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const python = (file: string) => [resolve(cache, 'venv/bin/python'), resolve(here, 'python', file)];
const jars = resolve(here, '../.cache/kafka/libs');
const java = (main: string) => ({
  command: [
    ...['java', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.apache.logging.log4j.level=OFF'],
    ...['-cp', `${resolve(cache, 'java')}:${jars}/*:${resolve(cache, 'jars')}/*`, main],
  ],
  needs: resolve(cache, 'java', `${main}.class`),
});
const program = (name: string) => ({ command: [resolve(cache, name)], needs: resolve(cache, name) });
const node = (file: string) => [process.execPath, resolve(here, 'node', file)];

export const clients: readonly Client[] = [
  {
    name: 'kafkajs',
    version: '2.2.4',
    script: 'clients',
    command: node('kafkajs.mjs'),
    needs: resolve(here, '../../node_modules/kafkajs'),
    usual: true,
  },
  {
    name: 'confluent-kafka-python',
    version: '2.16.1',
    script: 'clients',
    command: python('confluent.py'),
    needs: resolve(cache, 'venv/bin/python'),
    usual: true,
  },
  { name: 'franz-go', version: '1.22.3', script: 'clients', ...program('franz'), usual: false },
  {
    name: 'kcat',
    version: '1.7.1, librdkafka 2.0.2',
    script: 'clients',
    command: node('kcat.mjs'),
    needs: '/usr/bin/kcat',
    usual: true,
  },
  {
    name: '@platformatic/kafka',
    version: '1.35.0',
    script: 'clients',
    command: node('platformatic.mjs'),
    needs: resolve(cache, 'node/node_modules/@platformatic/kafka'),
    usual: false,
  },
  { name: 'java', version: '4.3.0', script: 'clients', ...java('JavaClient'), usual: false },
  {
    name: 'kafka-python',
    version: '3.0.12',
    script: 'clients',
    command: python('kafka_python.py'),
    needs: resolve(cache, 'venv/bin/python'),
    usual: false,
  },
  {
    name: 'aiokafka',
    version: '0.14.0',
    script: 'clients',
    command: python('aio.py'),
    needs: resolve(cache, 'venv/bin/python'),
    usual: false,
  },
  {
    name: 'sarama-1.38',
    version: '1.38.1, as for Kafka 2.8.0',
    script: 'clients',
    ...program('sarama-1.38'),
    env: { SARAMA_VERSION: '2.8.0' },
    usual: false,
  },
  {
    name: 'sarama',
    version: '1.61.1',
    script: 'clients',
    ...program('sarama'),
    env: { SARAMA_VERSION: '4.0.0' },
    usual: false,
  },
  { name: 'Kafka Streams', version: '4.3.0', script: 'streams', ...java('StreamsApplication'), usual: false },
  { name: 'Kafka Connect', version: '4.3.0', script: 'connect', ...java('ConnectApplication'), usual: false },
];

export function missing(client: Client): string | undefined {
  return existsSync(client.needs) ? undefined : `${client.needs} is not there: run scripts/install-clients.sh`;
}
