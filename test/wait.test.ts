import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Deadline, inTime, noAbort, pause, poll, throwIfAborted, within } from '../src/wait.ts';

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
    const bound = { what: 'nothing', boundMs: 60_000, signal: outer.signal };
    await expect(within(new Promise(() => {}), bound)).rejects.toEqual(told);
  });
});

describe('a wait ends with its bound, with its signal, or with what it waits for', () => {
  const never = new Promise<never>(() => {});

  test('within', async () => {
    const late = within(never, { what: 'commit', boundMs: 1, signal: noAbort });
    await expect(late).rejects.toThrow('commit: no answer within 1 ms');
    await expect(within(never, { boundMs: -1, signal: noAbort })).rejects.toThrow('no answer within -1 ms');
    expect(await within(Promise.resolve(7), { boundMs: 60_000, signal: noAbort })).toBe(7);
    const failing = within(Promise.reject(new Error('refused')), { boundMs: 60_000, signal: noAbort });
    await expect(failing).rejects.toThrow('refused');
  });

  test('inTime', async () => {
    expect(await inTime(never, { boundMs: 1, signal: noAbort })).toBe(undefined);
    expect(await inTime(Promise.resolve(7), { boundMs: 60_000, signal: noAbort })).toBe(7);
    await expect(inTime(Promise.reject(new Error('refused')), { boundMs: 60_000, signal: noAbort })).rejects.toThrow();
    const outer = new AbortController();
    const waiting = inTime(never, { boundMs: 60_000, signal: outer.signal });
    outer.abort();
    expect(await waiting).toBe(undefined);
    expect(await inTime(never, { boundMs: 60_000, signal: outer.signal })).toBe(undefined);
  });

  test('poll', async () => {
    let asked = 0;
    const third = (): true | undefined => (++asked === 3 ? true : undefined);
    expect(await poll(third, { everyMs: 1, boundMs: 60_000, signal: noAbort })).toBe(true);
    expect(await poll(() => undefined, { everyMs: 1, boundMs: 5, signal: noAbort })).toBe(undefined);
    const outer = new AbortController();
    const waiting = poll(() => undefined, { everyMs: 60_000, boundMs: 60_000, signal: outer.signal });
    outer.abort();
    expect(await waiting).toBe(undefined);
  });
});

test('of many waits on one signal none leaves a listener behind', async () => {
  const outer = new AbortController();
  const signal = outer.signal;
  const listeners = (): number => getEventListeners(signal, 'abort').length;
  const bound = { boundMs: 60_000, signal };
  await Promise.all(Array.from({ length: 20 }, (_, i) => pause(i % 3, signal)));
  await within(Promise.resolve(), bound);
  await inTime(Promise.resolve(), bound);
  {
    using deadline = new Deadline(60_000, signal);
    expect([deadline.over, listeners()]).toEqual([false, 1]);
  }
  expect(listeners()).toBe(0);
});
