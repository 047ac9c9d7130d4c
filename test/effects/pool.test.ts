import { expect, test } from 'vitest';
import { defaultBounds, type Wire } from '../../src/effects/connection.ts';
import { Pool } from '../../src/effects/pool.ts';
import { StoreTrouble } from '../../src/effects/trouble.ts';

const wire: Wire<object> = {
  place: 'a store',
  connect: async () => ({}),
  discard: () => {},
  judge: () => 'lost',
  judgeConnect: () => ({ code: 'store-unreachable', text: '', hint: '', passing: false }),
  mask: (text) => text,
};

test('who waits for a connection is let go by the signal, and the connection is there for the next', async () => {
  await using pool = new Pool(wire, defaultBounds, 1);
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const first = pool.call(() => finished);
  const stop = new AbortController();
  const second = pool.call(async () => 'made', stop.signal);
  stop.abort();
  await expect(second).rejects.toThrow(StoreTrouble);
  await expect(second).rejects.toMatchObject({ effect: 'none' });
  finish();
  await first;
  expect(await pool.call(async () => 'made')).toBe('made');
});

test('a connection that is handed over in the moment of the abort goes to the next', async () => {
  await using pool = new Pool(wire, defaultBounds, 1);
  const stop = new AbortController();
  const first = pool.call(async () => 'first');
  const second = pool.call(async () => 'second', stop.signal);
  const third = pool.call(async () => 'third');
  void first.then(() => stop.abort());
  await Promise.allSettled([first, second]);
  expect(await third).toBe('third');
});
