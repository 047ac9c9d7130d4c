import { expect, test } from 'vitest';
import { silenceNegativeTimeouts } from '../../../../src/products/kafka/client/warnings.ts';

test('kafkajs’s negative timers are silent; everybody else’s warnings are not', () => {
  const emitted: unknown[] = [];
  const original = process.emitWarning;
  process.emitWarning = (warning: string | Error): void => void emitted.push(warning);
  try {
    silenceNegativeTimeouts();
    const arm = (from: string): void => {
      // As Node's own timers do, with the caller on the stack.
      const call = new Function(
        'emit',
        `emit('-1 is a negative number', 'TimeoutNegativeWarning');\n//# sourceURL=/node_modules/${from}/index.js`,
      );
      call(process.emitWarning);
    };
    arm('kafkajs');
    arm('another');
    process.emitWarning('deprecated', 'DeprecationWarning');
  } finally {
    process.emitWarning = original;
  }
  expect(emitted).toEqual(['-1 is a negative number', 'deprecated']);
});
