/**
 * What a set-up promises: for each class of finding whether these settings, under these faults, may come to it, and why.
 *
 * It never forbids what can honestly happen. Where it cannot tell it allows: two faults may always overlap, and which
 * retry comes through is nobody's promise. What no planned fault can cause is forbidden, however weak the settings are;
 * defects are lies, so they allow nothing. Of an attached cluster nothing is known but what its clients do.
 */
import { type Clause, type Contract, type FindingClass, storeIds } from '../audit/class.ts';

import { counted } from '../counted.ts';
import { productOf } from '../products/registry.ts';
import { bendsClientsOnly } from '../profile/links.ts';
import { allowed, type Durability, forbidden } from './clause.ts';
import { effectClauses, spentTries } from './effect-contract.ts';
import type { FaultPlan } from './plan.ts';
import { faultWords, isProducer, onNodes, onProducers, type Undertaking } from './threats.ts';
import { wireHarm } from './wire-harm.ts';

/** At-least-once delivery, and what says only how much is known. */
export const alwaysAllowed: readonly FindingClass[] = [
  'duplicate-delivered',
  'duplicate-undecided',
  'recovered',
  'degraded-lost',
  'unseen',
  'pending',
];

export function contractOf(plan: Undertaking): Contract {
  const disturbed = disturbing(plan);
  const wire = (name: FindingClass): Clause | undefined => wireHarm(plan.faults, name, plan.producers);
  const stored = wire('duplicate-stored') ?? duplicateStored(plan, disturbed);
  const shown = storage(plan, 'shown');
  return {
    ...acknowledged(plan, disturbed),
    unseen: allowed('without a proven drain nobody can say more'),
    'duplicate-stored': stored,
    'duplicate-delivered': allowed('at-least-once: what a group had not committed comes again'),
    'duplicate-undecided': allowed('at-least-once: it is one duplicate or the other'),
    recovered: allowed('only the answer was lost'),
    undelivered: undelivered(plan, disturbed),
    'undelivered-silent':
      plan.producers.send === 'oneway'
        ? undelivered(plan, disturbed)
        : forbidden('of each send that failed its application is told'),
    pending: allowed('without a proven drain nobody can say more'),
    'degraded-lost': allowed('the sender was told that it is not protected'),
    contradicted: wire('contradicted') ?? forbidden('what is refused must not be stored'),
    phantom: forbidden('nothing may be delivered that nobody sent'),
    corrupt: wire('corrupt') ?? forbidden('what cannot be read whole must not be delivered'),
    misrouted: forbidden('a message belongs into the partition that it was sent to'),
    reordered: productOf(plan.cluster.broker).contract.unordered?.(plan) ?? reordered(disturbed),
    unavailable: unavailable(plan),
    ...effectClauses(plan, { stored, shown }),
  };
}

/**
 * Of what was acknowledged (acked), or of what consumers may have seen (shown). Nothing that was stored depends on what
 * clients can reach.
 */
function storage(plan: Undertaking, what: 'acked' | 'shown'): Durability {
  const faults = plan.faults.filter((fault) => !bendsClientsOnly(fault));
  return productOf(plan.cluster.broker).contract.storage({ ...plan, faults }, what);
}

/** Faults that keep a producer from its answer: on whoever answers it, or on itself. */
function disturbing(plan: Undertaking): FaultPlan[] {
  const idle = [...storeIds, ...(productOf(plan.cluster.broker).contract.idle?.(plan) ?? [])];
  return plan.faults.filter(({ target }) => {
    if (target.type === 'leader') return true;
    if (target.type === 'workers') return target.workers.some(isProducer);
    return target.nodes.some((id) => !idle.includes(id));
  });
}

/** What was acknowledged, or shown to a consumer, and is gone. */
function acknowledged(
  plan: Undertaking,
  disturbed: readonly FaultPlan[],
): Pick<Contract, 'lost' | 'rolled-back' | 'skipped'> {
  if (plan.producers.send === 'oneway') {
    const never = forbidden('a oneway send is never acknowledged');
    return { lost: never, 'rolled-back': never, skipped: never };
  }
  const acked = storage(plan, 'acked');
  const shown = storage(plan, 'shown');
  return {
    lost: acked.loses
      ? allowed(acked.because)
      : (productOf(plan.cluster.broker).contract.clientLoses?.(plan, disturbed) ?? kept(plan, acked)),
    'rolled-back': shown.loses ? allowed(shown.because) : kept(plan, shown),
    skipped: shown.loses
      ? allowed(`a group that is past a cut log misses what takes the same positions; ${shown.because}`)
      : (spentTries(plan) ?? kept(plan, shown)),
  };
}

function kept({ cluster }: Undertaking, { because }: Durability): Clause {
  const defects = productOf(cluster.broker).contract.defects?.(cluster) ?? [];
  return forbidden(defects.length === 0 ? because : `${because}; a defect (${defects.join(', ')}) is no excuse`);
}

function duplicateStored(plan: Undertaking, disturbed: readonly FaultPlan[]): Clause {
  const { cluster, producers } = plan;
  const { retries, idempotent, window, retryAnotherBroker, send, command } = producers;
  if (send === 'oneway' || (retries === 0 && !idempotent && command === undefined))
    return forbidden('each message is sent once: no retries');
  if (disturbed.length === 0 && cluster.attach === undefined) {
    return forbidden('no fault is planned that keeps an answer from a producer');
  }
  const once = productOf(cluster.broker).contract.storesOnce?.(plan, disturbed);
  if (once !== undefined) return forbidden(once);
  const what = disturbed.length === 0 ? 'whatever happens to an attached cluster' : faultWords(disturbed);
  const own = 'by a client of your own, which may send again by itself';
  if (command !== undefined) return allowed(`at-least-once, ${own}, and ${retries} retries of ours (${what})`);
  const how = idempotent
    ? `although idempotent, ${window > 1 ? 'with several sends in flight' : retryAnotherBroker ? 'on another broker' : 'by a client that had to begin anew'}`
    : counted(retries, 'retry', 'retries');
  return allowed(`at-least-once, ${how}: what may have been stored is sent again where no answer comes (${what})`);
}

/** What was not acknowledged is promised to nobody; but something must have kept it from being so. */
function undelivered({ producers, cluster }: Undertaking, disturbed: readonly FaultPlan[]): Clause {
  const { send, retries } = producers;
  if (disturbed.length === 0) {
    return cluster.attach === undefined
      ? forbidden('no fault is planned that keeps a message from the brokers')
      : forbidden('no fault is planned, and nothing is known of an attached cluster that would allow it');
  }
  const what = faultWords(disturbed);
  if (send === 'oneway') return allowed(`a oneway send asks for no answer, so nobody learns what goes with ${what}`);
  const dying = onProducers(disturbed);
  const attempts = retries === 0 ? 'the only attempt' : `all ${retries + 1} attempts`;
  return allowed(
    dying.length === disturbed.length
      ? `what was not acknowledged yet may go with ${what}`
      : `nothing is promised of what was not acknowledged: ${what} may outlast ${attempts}`,
  );
}

/** Of first attempts alone: without trouble even many in flight arrive in their order, on one connection. */
function reordered(disturbed: readonly FaultPlan[]): Clause {
  return disturbed.length === 0
    ? forbidden('no fault is planned that turns what was sent in order')
    : allowed(`${faultWords(disturbed)} may hold one send up while the next goes on`);
}

function unavailable({ faults }: Undertaking): Clause {
  if (faults.length === 0) return forbidden('no fault is planned');
  const nodes = onNodes(faults);
  return allowed(`nobody promises an answer during ${faultWords(nodes.length === 0 ? faults : nodes)}`);
}
