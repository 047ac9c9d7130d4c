/** What the contract says where links change what passes them. */
import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { contractOf } from '../../src/plan/contract.ts';
import { load } from '../profile/written.ts';

function contract(fault: string, producers = '{ send: sync, retries: 0 }') {
  const head = 'version: 1\nname: x\nquestion: What is allowed?\ncluster: { broker: bundled, masters: 2 }\n';
  const text = `${head}producers: ${producers}\nfaults: [{ at: 50%, target: b1, ${fault} }]\n`;
  return contractOf(compilePlan(load(text), 1));
}

describe('the contract', () => {
  it.each([
    ['do: corrupted-records', true],
    ['do: corrupted-records, checksum: wrong', false],
    ['do: corrupted-records, checksum: wrong, api: fetch', true],
    ['do: lost-answer', false],
    ['do: doubled-records', false],
  ])('corrupt, under %s: %s', (fault, isAllowed) => {
    expect(contract(fault).corrupt.allowed).toBe(isAllowed);
  });

  it.each([
    ['do: error-answer, served: true', true],
    ['do: error-answer', false],
    ['do: lost-answer', false],
  ])('contradicted, under %s: %s', (fault, isAllowed) => {
    expect(contract(fault).contradicted.allowed).toBe(isAllowed);
  });

  it.each([
    ['do: doubled-records', '{ send: sync, retries: 0 }', true],
    ['do: doubled-records, api: fetch', '{ send: sync, retries: 0 }', false],
    ['do: lost-answer, times: 3', '{ send: sync, retries: 0 }', false],
    ['do: lost-answer, times: 3', '{ send: sync, retries: 3 }', true],
    // two tries in each of four attempts
    ['do: lost-answer, times: 7', '{ send: sync, retries: 3, idempotent: true }', false],
    ['do: lost-answer, times: 8', '{ send: sync, retries: 3, idempotent: true }', true],
    ['do: lost-answer', '{ send: sync, retries: 3, idempotent: true }', true],
    ['do: lost-answer, times: 3, connection: falls silent', '{ send: sync, retries: 3, idempotent: true }', true],
    ['do: lost-answer, times: 3', '{ send: async, window: 9, retries: 3, idempotent: true }', true],
    ['do: delayed-answer, times: 3', '{ send: sync, retries: 3, idempotent: true }', true],
  ])('duplicate-stored, under %s with %s: %s', (fault, producers, isAllowed) => {
    expect(contract(fault, producers)['duplicate-stored'].allowed).toBe(isAllowed);
  });

  it('nothing of it loses what was acknowledged, but for the numbers of kafkajs', () => {
    for (const fault of ['lost-answer', 'delayed-answer', 'error-answer', 'moved-leader', 'swapped-records']) {
      expect(contract(`do: ${fault}`).lost.allowed).toBe(false);
    }
    const idempotent = '{ send: sync, retries: 3, idempotent: true }';
    expect(contract('do: lost-answer, times: 7', idempotent).lost.allowed).toBe(false);
    expect(contract('do: lost-answer, times: 8', idempotent).lost.allowed).toBe(true);
  });
});
