/** What the run was: the promise of its settings, its plan, where it ran, and how to repeat it. */
import { findingClasses } from '../../audit/class.ts';
import { contractOf } from '../../plan/contract.ts';
import { describePlan } from '../../plan/describe.ts';
import { againCommand } from '../command.ts';
import type { RunRecord } from '../record.ts';
import { html, type Markup, section, table } from './markup.ts';

export function contractSection({ profile }: RunRecord): Markup | undefined {
  if (profile === undefined) return undefined;
  const contract = contractOf(profile);
  const rows = findingClasses.map((name) => {
    const { allowed, because } = contract[name];
    return [name, allowed ? 'allowed' : 'forbidden', because];
  });
  return section(
    'contract',
    'The contract',
    html`<p>What these settings promise under these faults, class by class, whatever the run was held to.</p>
<details><summary>${rows.filter(([, word]) => word === 'forbidden').length} classes forbidden, ${rows.filter(([, word]) => word === 'allowed').length} allowed</summary>${table(['class', 'contract', 'because'], rows)}</details>`,
  );
}

export function planSection(record: RunRecord): Markup | undefined {
  if (record.profile === undefined) return undefined;
  const again = againCommand(record, 'plan.json');
  return section(
    'plan',
    'The plan',
    again === undefined
      ? undefined
      : html`<p>Again, in the folder of the run:</p><pre class="command"><code>${again}</code></pre>`,
    html`<details><summary>What was planned</summary><pre>${describePlan(record.profile)}</pre></details>`,
  );
}

export function environmentSection({ environment = {} }: RunRecord): Markup | undefined {
  const rows = Object.entries(environment).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return section('environment', 'Environment', table(['', ''], rows));
}
