/** Whether what fails can come to an end, and within the limit of the run. */

import { redeliveryClasses } from '../../audit/class.ts';
import { counted } from '../../counted.ts';
import { productOf } from '../../products/registry.ts';
import { effectSettings } from '../schema/effect.ts';
import { decidableRedeliveries } from '../schema/redelivery.ts';
import { spell } from '../schema/units.ts';
import type { Draft, Tell } from './check.ts';
import { effectProblems } from './effects.ts';

export function checkRedelivery(draft: Draft, tell: Tell): void {
  const { consumers } = draft;
  if (consumers === undefined) return;
  const { failing, redelivery } = consumers;
  const always = failing !== undefined && (failing.by === 'message' ? failing.share > 0 : failing.share === 1);
  checkExpected(draft, tell);
  checkMoves(draft, tell);
  checkCommit(draft, tell);
  if (redelivery !== undefined) {
    if (always) checkLast(draft, redelivery, tell);
    return;
  }
  if (always) {
    const remedy = 'give consumers.redelivery, which has a last try';
    tell(['consumers', 'failing'], `without redelivery a message that always fails is given back for ever; ${remedy}`);
  }
}

/** Points at which consumers move a message to its next try by a copy. */
function checkMoves({ cluster, consumers, faults }: Draft, tell: Tell): void {
  const byBroker = cluster !== undefined && productOf(cluster.broker).can.redelivery === 'broker';
  if (consumers?.redelivery !== undefined && !byBroker) return;
  const why = byBroker
    ? 'is a point of consumers that move what failed by copies; this broker redelivers by itself'
    : 'needs consumers.redelivery: without it nothing is moved';
  for (const [i, fault] of faults.entries()) {
    const { point }: { point?: unknown } = fault?.parameters ?? {}; // the fault's own key
    if (point === 'before move' || point === 'after move') tell(['faults', i, 'point'], `'${point}' ${why}`);
  }
}

/** A broker has nothing left to redeliver of what was acknowledged before it was processed; consumers' copies have. */
function checkCommit({ cluster, consumers }: Draft, tell: Tell): void {
  if (cluster === undefined || consumers?.redelivery === undefined || consumers.commit === 'after') return;
  const { title, can } = productOf(cluster.broker);
  const { attempts, deadLetter } = consumers.redelivery;
  if (can.redelivery !== 'broker' || (attempts === 0 && !deadLetter)) return;
  const why = `${title} redelivers by itself, and nothing of what was acknowledged before it was processed`;
  tell(['consumers', 'redelivery'], `${why}; set consumers.commit to after, or attempts to 0 and deadLetter to false`);
}

/** A class that nobody can decide would make every run inconclusive. */
function checkExpected({ consumers, expect }: Draft, tell: Tell): void {
  if (consumers === undefined || expect === undefined) return;
  const settings = effectSettings(consumers);
  if (settings !== undefined && effectProblems(settings).length > 0) return;
  const decidable = decidableRedeliveries(consumers.redelivery, settings);
  const why =
    consumers.redelivery === undefined
      ? 'needs consumers.redelivery: without it nothing is redelivered by schedule'
      : `cannot be decided with ${consumers.idempotence} (${consumers.form}): its messages share keys`;
  for (const name of redeliveryClasses) {
    if (decidable.includes(name)) continue;
    if (expect[name] !== undefined && expect[name] !== 'any') tell(['expect', name], why, 'key');
    const harm = expect.harm?.indexOf(name) ?? -1;
    if (harm >= 0) tell(['expect', 'harm', harm], `'${name}' ${why}`);
  }
}

/** What fails at every try takes all of them, from the end of sending on. */
function checkLast(
  { producers, limit }: Draft,
  { attempts, delay }: { readonly attempts: number; readonly delay: number },
  tell: Tell,
): void {
  if (limit === undefined || producers === undefined) return;
  const sendingMs = producers.rate === 'max' ? 0 : (producers.messages / producers.rate) * 1000;
  if (sendingMs + attempts * delay < limit) return;
  const tries = `${counted(attempts, 'redelivery', 'redeliveries')} ${spell(delay)} apart after ${Math.ceil(sendingMs / 1000)}s of sending`;
  const change = `and the limit of the run is ${spell(limit)}; change one of the three`;
  tell(['consumers', 'redelivery'], `what always fails takes ${tries}, ${change}`);
}
