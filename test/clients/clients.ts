/** The clients, how each is started, and what it needs. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const here = import.meta.dirname;
const cache = resolve(here, '../.cache/clients');

export interface Client {
  readonly name: string;
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
    ...['-cp', `${resolve(cache, 'java')}:${jars}/*`, main],
  ],
  needs: resolve(cache, 'java', `${main}.class`),
});
const program = (name: string) => ({ command: [resolve(cache, name)], needs: resolve(cache, name) });
const node = (file: string) => [process.execPath, resolve(here, 'node', file)];

export const clients: readonly Client[] = [
  { name: 'kafkajs', command: node('kafkajs.mjs'), needs: resolve(here, '../../node_modules/kafkajs'), usual: true },
  {
    name: 'confluent-kafka-python',
    command: python('confluent.py'),
    needs: resolve(cache, 'venv/bin/python'),
    usual: true,
  },
  { name: 'kcat', command: node('kcat.mjs'), needs: '/usr/bin/kcat', usual: true },
  { name: 'java', ...java('JavaClient'), usual: false },
  { name: 'franz-go', ...program('franz'), usual: true },
  { name: 'sarama', ...program('sarama'), env: { SARAMA_VERSION: '4.0.0' }, usual: false },
  { name: 'sarama-1.38', ...program('sarama-1.38'), env: { SARAMA_VERSION: '2.8.0' }, usual: false },
  { name: 'aiokafka', command: python('aio.py'), needs: resolve(cache, 'venv/bin/python'), usual: false },
  { name: 'kafka-python', command: python('kafka_python.py'), needs: resolve(cache, 'venv/bin/python'), usual: false },
  {
    name: '@platformatic/kafka',
    command: node('platformatic.mjs'),
    needs: resolve(cache, 'node/node_modules/@platformatic/kafka'),
    usual: false,
  },
];

export function missing(client: Client): string | undefined {
  return existsSync(client.needs) ? undefined : `${client.needs} is not there: run scripts/install-clients.sh`;
}
