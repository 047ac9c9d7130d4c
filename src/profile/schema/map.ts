import { z } from 'zod';

/** A map with exactly these keys. Unknown keys are an error of their own, with the key's place. */
export function map<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'expected a map of keys' : undefined),
  });
}
