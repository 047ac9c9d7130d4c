import { defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` starts no process of ours and takes seconds; `real` starts real brokers, workers and the tool
 * itself (from `dist/`, so build first). Real tests run one file at a time: they share two cores with the brokers.
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
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/**/*.real.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
