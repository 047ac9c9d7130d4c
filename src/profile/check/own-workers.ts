/** Producers and consumers of the user's own: what of a profile they can carry out, and what their reports can decide. */
import type { effectClasses } from '../../audit/class.ts';
import { findFault } from '../../faults/registry.ts';
import { productOf, products } from '../../products/registry.ts';
import { targetChoice } from '../targets.ts';
import type { Draft, Tell } from './check.ts';

type ReportClass = (typeof effectClasses)[number];

/** What consumers of the user's own tell of their processing decides these. */
export const decidableReports: readonly ReportClass[] = ['duplicate-effect', 'unprocessed', 'phantom-effect'];

/** Without a limit of their own these must be 0. */
export const forbiddenReports: readonly ReportClass[] = ['unprocessed', 'phantom-effect'];

/** What our own consumers do to a message, and a command of the user's does in its own way. */
const ours = ['failing', 'redelivery', 'effect', 'idempotence', 'form', 'expire'] as const;

export function checkOwnWorkers(draft: Draft, written: (...path: (string | number)[]) => boolean, tell: Tell): void {
  const { cluster, producers, consumers } = draft;
  for (const [section, own] of [
    ['producers', producers?.command],
    ['consumers', consumers?.command],
  ] as const) {
    if (own === undefined || cluster === undefined) continue;
    const { title, foreignClient } = productOf(cluster.broker);
    if (foreignClient !== undefined) continue;
    const able = products.filter((product) => product.foreignClient !== undefined).map(({ name }) => name);
    tell([section, 'command'], `${title} has no workers of your own in this version; broker: ${able.join(' or ')} has`);
  }
  if (producers?.command !== undefined) checkProducers(producers.send, written, tell);
  if (consumers?.command === undefined) return;
  for (const key of ours) {
    if (written('consumers', key)) {
      tell(
        ['consumers', key],
        'is done by consumers of ours; with consumers.command your worker decides: leave it out',
        'key',
      );
    }
  }
  checkPoints(draft, tell);
}

function checkProducers(send: string, written: (...path: (string | number)[]) => boolean, tell: Tell): void {
  if (send === 'oneway') {
    tell(['producers', 'send'], 'not with producers.command: your worker answers each message; use sync or async');
  }
  if (written('producers', 'retryAnotherBroker')) {
    const why =
      'not with producers.command: which broker has which partition is known to the client alone; leave it out';
    tell(['producers', 'retryAnotherBroker'], why, 'key');
  }
}

/** A worker of ours stands still at a point of its processing when it is told to; nobody can tell that to others. */
function checkPoints({ cluster, topic, producers, consumers, faults }: Draft, tell: Tell): void {
  if (cluster === undefined || topic === undefined || producers === undefined || consumers === undefined) return;
  for (const [i, fault] of faults.entries()) {
    if (fault === undefined || targetChoice(fault.target, { cluster, topic, producers, consumers }).type !== 'workers')
      continue;
    const stands = findFault(fault.do)?.needs.some((need) => need === 'killAt' || need === 'pauseAt') ?? false;
    if (!stands) continue;
    const instead = fault.do.replace('-at', '');
    tell(
      ['faults', i, 'do'],
      `${fault.do} stops processing at a point, which only consumers of ours can; use ${instead}`,
    );
  }
}
