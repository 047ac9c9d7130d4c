import { defineConfig } from 'vitest/config';

/**
 * Real tests of which two files may run at the same time: they wait most of their time (runs send at a fixed rate,
 * stores are away for seconds), or start one short process after the other, and claim nothing that a busy core could
 * change: kills come by count, by progress or by what the tool says, and the pairs of measures show the same at load
 * averages of 10 to 20 (docs/measures.md).
 */
const calm = [
  ...['test/cli/**/*.real.test.ts', 'test/effects/**/*.real.test.ts', 'test/run/**/*.real.test.ts'],
  ...['test/broker/defects.real.test.ts', 'test/broker/cycles.real.test.ts'],
  ...['test/broker/clients.real.test.ts', 'test/broker/logins-kafka.real.test.ts', 'test/broker/fuzz/*.real.test.ts'],
  ...['test/clients/**/*.real.test.ts', 'test/products/unknown-sends.real.test.ts'],
  ...['test/products/kafka/wire/*.real.test.ts', 'test/products/rabbitmq/port-mapper.real.test.ts'],
  ...['test/workers/own/**/*.real.test.ts', 'test/examples/**/*.real.test.ts'],
];

/**
 * Three projects: `unit` starts no process of ours and takes seconds; `calm` and `real` start real brokers, workers and
 * the tool itself (from `dist/`, so build first). What is in `real` runs one file at a time, after all others: these
 * files share two cores with brokers, some of them JVMs, and show what happens in windows of milliseconds.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.real.test.ts'],
          testTimeout: 120_000,
          // by default one processor is left to others: half of a machine that has two
          maxWorkers: '100%',
          // loading the same modules again for each file takes longer than most files do
          isolate: false,
        },
      },
      {
        test: {
          name: 'calm',
          include: calm,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/**/*.real.test.ts'],
          exclude: calm,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
