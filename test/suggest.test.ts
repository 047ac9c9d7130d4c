import { expect, test } from 'vitest';
import { didYouMean, related, suggestions, usualWordsOf } from '../src/suggest.ts';

const names = ['kill', 'pause', 'power-loss', 'disk-loss'];
const usual = usualWordsOf([
  { name: 'kill', alsoCalled: ['crash'] },
  { name: 'pause', alsoCalled: ['hang', 'freeze'] },
]);

test.each([
  ['kil', "; did you mean 'kill'?"],
  ['Power_Loss', "; did you mean 'power-loss'?"],
  ['crash', "; did you mean 'kill'?"],
  ['CRASH', "; did you mean 'kill'?"],
  ['constructor', ''],
  ['delete', ''],
])('%s', (written, said) => {
  expect(didYouMean(written, names, usual)).toBe(said);
});

test('several that a word may mean', () => {
  expect(didYouMean('loss', names, { loss: ['power-loss', 'disk-loss'] })).toBe(
    "; did you mean 'power-loss' or 'disk-loss'?",
  );
  expect(suggestions('x', ['a', 'b', 'c'], { x: ['a', 'b', 'c'] })).toEqual(['a', 'b', 'c']);
  expect(didYouMean('x', [], { x: ['a', 'b', 'c'] })).toBe("; did you mean 'a', 'b' or 'c'?");
});

test('names that share a part with what was written', () => {
  const profiles = ['sync-flush', 'sync-flush-off', 'kill-async-flush', 'quick', 'rabbitmq-quorum', 'pause-master'];
  expect(related('flush', profiles)).toEqual(['sync-flush', 'sync-flush-off', 'kill-async-flush']);
  expect(related('pause-brokers', profiles)).toEqual(['pause-master']);
  expect(related('rabbit', profiles)).toEqual(['rabbitmq-quorum']);
  expect(related('nosuch', profiles)).toEqual([]);
  expect(related('a-b', profiles)).toEqual([]);
});
