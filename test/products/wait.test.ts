import { describe, expect, test } from 'vitest';
import { Deadline, pause, throwIfAborted, within } from '../../src/products/wait.ts';

describe('a deadline', () => {
  test('ends by itself', async () => {
    using deadline = new Deadline(20, new AbortController().signal);
    expect(deadline.over).toBe(false);
    await pause(30_000, deadline.signal);
    expect(deadline.over).toBe(true);
  });

  test('ends with the outer signal, also with one that was aborted before', () => {
    const outer = new AbortController();
    using deadline = new Deadline(60_000, outer.signal);
    outer.abort('limit');
    expect(deadline.over).toBe(true);
    using late = new Deadline(60_000, outer.signal);
    expect(late.over).toBe(true);
  });

  test('is held by its timer: no garbage collection takes the end away', async () => {
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const ends = Array.from({ length: 20 }, () => pauseUntilOver(new AbortController().signal, collect));
    expect(await Promise.all(ends)).toEqual(ends.map(() => true));
  });
});

async function pauseUntilOver(outer: AbortSignal, collect: () => void): Promise<boolean> {
  using deadline = new Deadline(100, outer);
  const endMs = performance.now() + 20_000;
  while (!deadline.over && performance.now() < endMs) {
    await pause(20, deadline.signal);
    collect();
  }
  return deadline.over;
}

describe('what an aborted wait throws is an error, whatever the reason was', () => {
  const outer = new AbortController();
  outer.abort('SIGINT');
  const told = expect.objectContaining({ name: 'AbortedError', message: 'aborted: SIGINT' });

  test('throwIfAborted', () => {
    expect(() => throwIfAborted(outer.signal)).toThrow(Error);
    expect(() => throwIfAborted(outer.signal)).toThrow('aborted: SIGINT');
    throwIfAborted(undefined);
    throwIfAborted(new AbortController().signal);
  });

  test('within', async () => {
    const bound = { what: 'nothing', deadlineMs: 60_000, signal: outer.signal };
    await expect(within(new Promise(() => {}), bound)).rejects.toEqual(told);
  });
});
