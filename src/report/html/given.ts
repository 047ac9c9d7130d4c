/** What the run was: the promise of its settings, its plan, where it ran, and how to repeat it. */
import { findingClasses } from '../../audit/class.ts';
import { messageOf } from '../../errors.ts';
import { contractOf } from '../../plan/contract.ts';
import { describePlan } from '../../plan/describe.ts';
import { decodePlan } from '../../plan/encode.ts';
import type { Plan } from '../../plan/plan.ts';
import type { RunRecord } from '../record.ts';
import { againCommand } from '../words/command.ts';
import { html, type Markup, section, table } from './markup.ts';

export function givenSections(record: RunRecord): (Markup | undefined)[] {
  if (record.profile === undefined) return [environmentSection(record)];
  return [...planSections(record, record.profile), environmentSection(record)];
}

/** The record may be of another version: what cannot be read of its plan is left out, and why is said. */
function planSections(record: RunRecord, profile: Plan): (Markup | undefined)[] {
  const again = againCommand(record, 'plan.json');
  const command = html`<p>Again, in the folder of the run:</p><pre class="command"><code>${again}</code></pre>`;
  try {
    const plan = decodePlan(JSON.stringify(profile), 'the plan', true);
    const told = html`<details><summary>What was planned</summary><pre>${describePlan(plan)}</pre></details>`;
    return [contractSection(plan), section('plan', 'The plan', command, told)];
  } catch (error) {
    const missing = html`<p class="missing">This plan cannot be told by this mqchaos: ${messageOf(error)}</p>`;
    return [section('plan', 'The plan', command, missing)];
  }
}

function contractSection(plan: Plan): Markup | undefined {
  const contract = contractOf(plan);
  const rows = findingClasses.map((name) => {
    const { allowed, because } = contract[name];
    return [name, allowed ? 'allowed' : 'forbidden', because];
  });
  const many = (word: string): number => rows.filter(([, each]) => each === word).length;
  const summary = `${many('forbidden')} classes forbidden, ${many('allowed')} allowed`;
  return section(
    'contract',
    'The contract',
    html`<p>What these settings promise under these faults, class by class, whatever the run was held to.</p>
<details><summary>${summary}</summary>${table(['class', 'contract', 'because'], rows)}</details>`,
  );
}

function environmentSection({ environment = {} }: RunRecord): Markup | undefined {
  const rows = Object.entries(environment).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return section('environment', 'Environment', table(['what', 'value'], rows));
}
