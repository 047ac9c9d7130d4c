/** Whether what fails can come to an end, and within the limit of the run. */
import type { Draft, Tell } from './check.ts';
import { spell } from './units.ts';

export function checkRedelivery({ consumers, producers, expect, limit }: Draft, tell: Tell): void {
  if (consumers === undefined) return;
  const { failing, redelivery } = consumers;
  const always = failing !== undefined && (failing.by === 'message' ? failing.share > 0 : failing.share === 1);
  if (redelivery === undefined) {
    if (always) {
      const remedy = 'give consumers.redelivery, which has a last try';
      tell(
        ['consumers', 'failing'],
        `without redelivery a message that always fails is given back for ever; ${remedy}`,
      );
    }
    for (const name of ['dead-letter-lost', 'over-retried'] as const) {
      const why = 'needs consumers.redelivery: without it nothing is redelivered by schedule';
      if (expect?.[name] !== undefined && expect[name] !== 'any') tell(['expect', name], why, 'key');
      const harm = expect?.harm?.indexOf(name) ?? -1;
      if (harm >= 0) tell(['expect', 'harm', harm], `'${name}' ${why}`);
    }
    return;
  }
  if (limit === undefined || producers === undefined || !always) return;
  const sendingMs = producers.rate === 'max' ? 0 : (producers.messages / producers.rate) * 1000;
  const lastMs = redelivery.attempts * redelivery.delay;
  if (sendingMs + lastMs < limit) return;
  const tries = `${redelivery.attempts} redeliveries ${spell(redelivery.delay)} apart`;
  const sending = `${Math.ceil(sendingMs / 1000)}s of sending`;
  tell(
    ['consumers', 'redelivery'],
    `what always fails takes ${tries} after ${sending}, and the limit of the run is ${spell(limit)}; change one of the three`,
  );
}
