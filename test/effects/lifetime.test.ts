import { expect, it } from 'vitest';
import { Lifetime } from '../../src/effects/lifetime.ts';

it('keeps nothing of a call that is over, whatever it came to', async () => {
  const lifetime = new Lifetime();
  for (let call = 0; call < 1000; call += 1) expect(await lifetime.spans(Promise.resolve(call))).toBe(call);
  await expect(lifetime.spans(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(lifetime.underWay).toBe(0);
});

it('ends what is under way, and what is begun afterwards', async () => {
  const lifetime = new Lifetime();
  const never = () => new Promise<string>(() => {});
  const calls = [lifetime.spans(never()), lifetime.spans(never())];
  lifetime.end(new Error('gone'));
  for (const call of [...calls, lifetime.spans(never())]) await expect(call).rejects.toThrow('gone');
  expect(lifetime.underWay).toBe(0);
});
