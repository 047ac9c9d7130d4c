import { expect, it } from 'vitest';
import { Complaints } from '../../../src/workers/own/complaints.ts';

it('tells the first five, the first that loses something, and how many more there were', () => {
  const told: [string, boolean][] = [];
  const complaints = new Complaints((...each) => told.push(each));
  for (let n = 1; n <= 100; n += 1) complaints.add(`c${n}`, n === 50 || n === 60);
  complaints.finish();
  const first = ['c1', 'c2', 'c3', 'c4', 'c5'].map((text) => [text, false]);
  expect(told).toEqual([...first, ['c50', true], ['and 94 more of the kind', false]]);
});

it('says nothing more when all were told', () => {
  const told: string[] = [];
  const complaints = new Complaints((text) => told.push(text));
  complaints.add('one', true);
  complaints.finish();
  expect(told).toEqual(['one']);
});
