/**
 * Findings that are the work of a link which changes what passes it, and of no broker: what is damaged, doubled or told
 * there. The other harm of such faults (an answer that is lost, late or an error) is what any fault may do that keeps an
 * answer from a client, and contract.ts has it.
 */
import type { Clause, FindingClass } from '../audit/class.ts';
import { allowed } from './clause.ts';
import type { FaultPlan, Plan } from './plan.ts';
import { faultWords } from './threats.ts';

type Harm = 'corrupt' | 'contradicted' | 'duplicate-stored';

const harms: Readonly<Record<string, (parameters: Readonly<Record<string, unknown>>) => Harm | undefined>> = {
  // a broker refuses what has a wrong checksum; a consumer need not look
  'corrupted-records': ({ api, checksum }) => (checksum === 'right' || api === 'fetch' ? 'corrupt' : undefined),
  // what was stored is called refused
  'error-answer': ({ served }) => (served === true ? 'contradicted' : undefined),
  'doubled-records': ({ api }) => (api === 'produce' ? 'duplicate-stored' : undefined),
};

const reasons: Readonly<Record<Harm, string>> = {
  corrupt: 'what arrives damaged was damaged on its way, by',
  contradicted: 'what was stored is answered as if it was not, by',
  'duplicate-stored': 'what is sent once reaches the broker twice, by',
};

/** What such faults alone may come to. Undefined: nothing of that class. */
export function wireHarm(
  faults: readonly FaultPlan[],
  name: FindingClass,
  { idempotent }: Plan['producers'],
): Clause | undefined {
  // a broker that knows the number of a message stores it once
  if (name === 'duplicate-stored' && idempotent) return undefined;
  const guilty = faults.filter((fault) => harms[fault.do]?.(fault.parameters ?? {}) === name);
  return guilty.length === 0 ? undefined : allowed(`${reasons[name as Harm]} ${faultWords(guilty)}`);
}
