/** Every client gets of the bundled broker the answers that it gets of a real Kafka. See README.md. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingKafka } from '../support/kafka.ts';
import { type Subject, subjects } from './brokers.ts';
import { clients, missing } from './clients.ts';
import { type Answers, converse } from './conversation.ts';
import { judge } from './judge.ts';
import { writeResults } from './results.ts';

const wanted = process.env.MQCHAOS_CLIENTS?.split(',');
const chosen = clients.filter(({ name, usual }) => {
  return wanted === undefined ? usual : wanted.includes('all') || wanted.includes(name);
});
const noKafka = missingKafka();

describe.skipIf(noKafka !== undefined)(`clients${noKafka === undefined ? '' : `: skipped, ${noKafka}`}`, () => {
  let kafka: Subject;

  beforeAll(async () => {
    kafka = await subjects.kafka();
  });
  afterAll(() => kafka[Symbol.asyncDispose]());

  for (const client of chosen) {
    const reason = missing(client);
    const skip = reason !== undefined && process.env.CI !== 'true';
    test.skipIf(skip)(
      `${client.name}${skip ? `: skipped, ${reason}` : ''}`,
      async () => {
        expect(reason, 'it must be installed in CI').toBe(undefined);
        await using masters = await subjects.masters();
        await using slaves = await subjects.slaves();
        const [ofKafka, ofMasters, ofSlaves] = await Promise.all(
          [kafka, masters, slaves].map((subject) => converse(client, subject)),
        );
        const answers = { kafka: ofKafka, masters: ofMasters, slaves: ofSlaves } as Answers;
        const wrong = judge(client.name, answers);
        if (process.env.MQCHAOS_WRITE === 'true' && wrong.length === 0) writeResults(client.name, answers);
        expect(wrong).toEqual([]);
      },
      1_200_000,
    );
  }
});
