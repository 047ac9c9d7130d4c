/** What the settings promise, beside each finding: from the plan, through the audit, to every report. */
import { expect, test } from 'vitest';
import type { Contract } from '../../src/audit/class.ts';
import { contractOf } from '../../src/plan/contract.ts';
import { renderJunit } from '../../src/report/ci/junit.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { Story } from '../audit/support/story.ts';
import { audit, planOf, recordWith } from './small-record.ts';

const same = (text: string): string => text;
const paint = { green: same, red: same, yellow: same, dim: same, bold: same };
const contract: Contract = contractOf(planOf());

const lossy = () => new Story().send(1, 0).send(1, 1).receive(1, 1);

test('the audit tells it beside each finding, whatever the run is held to', async () => {
  const { findings } = await lossy().audit({ limits: {} }, { contract });
  const lost = findings.find(({ class: name }) => name === 'lost');
  expect(lost).toMatchObject({ count: 1, allowed: true, contract: { allowed: false, because: contract.lost.because } });
  const without = await lossy().audit();
  expect(without.findings.every((finding) => !('contract' in finding))).toBe(true);
});

test('it fails a run that is held to it, and says why', async () => {
  const { verdict } = await lossy().audit({ contract: true, limits: { lost: 0 } }, { contract });
  expect(verdict.value).toBe('fail');
  expect(verdict.reasons[0]).toBe(`1 message lost, expected at most 0, by the contract: ${contract.lost.because}`);
  const usual = await lossy().audit({ limits: { lost: 0 } }, { contract });
  expect(usual.verdict.reasons[0]).toBe('1 message lost, expected at most 0');
});

test('every report has it', () => {
  const findings = audit.findings.map((finding) => ({ ...finding, contract: contract[finding.class] }));
  const allowing = recordWith({ findings });
  const forbidding = recordWith({
    findings: [{ class: 'lost', count: 1, allowed: false, limit: 0, contract: contract.lost, examples: [] }],
  });
  for (const render of [
    renderJunit,
    renderMarkdown,
    (record: typeof allowing) => renderTerminal(record, { paint, columns: 100, exitCode: 0 }),
  ]) {
    const text = render(allowing).replaceAll(/\s+/g, ' ');
    expect(text).toContain(`the contract allows it: ${contract.reordered.because}`);
    expect(text).not.toContain('no bound was set'); // said better by the contract
    expect(render(forbidding).replaceAll(/\s+/g, ' ')).toContain(`the contract forbids it: ${contract.lost.because}`);
  }
});
