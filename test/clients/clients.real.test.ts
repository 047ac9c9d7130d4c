/** Every client gets of the bundled broker the answers that it gets of a real Kafka. See README.md. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingKafka } from '../support/kafka.ts';
import { type Subject, type SubjectName, subjects } from './brokers.ts';
import { clients, missing } from './clients.ts';
import { type Answer, converse } from './conversation.ts';
import { judge } from './judge.ts';
import { writeResults } from './results.ts';

const wanted = process.env.MQCHAOS_CLIENTS?.split(',');
const chosen = clients.filter(({ name, usual }) => (wanted === undefined ? usual : wanted.includes('all') || wanted.includes(name)));
const noKafka = missingKafka();

describe.skipIf(noKafka !== undefined)(`clients${noKafka === undefined ? '' : `: skipped, ${noKafka}`}`, () => {
  const running = new Map<SubjectName, Subject>();
  const all = new Map<string, Record<SubjectName, Map<string, Answer>>>();

  beforeAll(async () => {
    const names = Object.keys(subjects) as SubjectName[];
    await Promise.all(names.map(async (name) => running.set(name, await subjects[name]())));
  });
  afterAll(async () => {
    for (const subject of running.values()) await subject[Symbol.asyncDispose]();
    if (process.env.MQCHAOS_WRITE === 'true') writeResults(all);
  });

  for (const client of chosen) {
    const reason = missing(client);
    const skip = reason !== undefined && process.env.CI !== 'true';
    test.skipIf(skip)(
      `${client.name}${skip ? `: skipped, ${reason}` : ''}`,
      async () => {
        expect(reason, 'it must be installed in CI').toBe(undefined);
        const asked = [...running].map(async ([name, subject]) => {
          return [name, await converse(client, subject, `${client.name.replaceAll(/[^a-z0-9]/gi, '')}-`)] as const;
        });
        const answers = Object.fromEntries(await Promise.all(asked)) as Record<SubjectName, Map<string, Answer>>;
        all.set(client.name, answers);
        expect(judge(client.name, answers)).toEqual([]);
      },
      600_000,
    );
  }
});
