/** What a Kafka of ours runs on: its jars, and a Java. */
import type { ProgramNeed } from '../product.ts';

export const leastJava = '17';

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
      home: { fetched: 'kafka', ...(home === undefined ? {} : { given: home }) },
      install: 'mqchaos fetch kafka',
    },
  ];
}
