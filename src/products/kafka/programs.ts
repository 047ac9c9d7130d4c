/** What a Kafka of ours runs on: its jars, and a Java. */
import type { ProgramNeed } from '../product.ts';

const leastJava = '17';
/** KRaft alone, and the properties of server-properties.ts. */
const leastKafka = '4.0';

export function kafkaPrograms({ home }: { readonly home?: string }): ProgramNeed[] {
  return [
    {
      name: 'java',
      candidates: ['java'],
      version: { args: ['-version'], pattern: /version "(\d+[\d._]*)/, least: leastJava },
      install: 'apt-get install openjdk-17-jre-headless',
    },
    {
      name: 'kafka',
      candidates: ['libs'],
      version: { args: [], pattern: /^kafka_[\d.]+-(\d+\.\d+[\d.]*\d)\.jar$/m, least: leastKafka },
      home: { fetched: 'kafka', ...(home === undefined ? {} : { given: home }) },
      install: 'mqchaos fetch kafka',
    },
  ];
}
