/** The part of the contract that is about what processing does to the outside. */

import type { Clause, Contract, effectClasses } from '../audit/class.ts';
import { counted } from '../counted.ts';
import { productOf } from '../products/registry.ts';
import { effectForm } from '../profile/schema/effect.ts';
import { allowed, type Durability, forbidden } from './clause.ts';
import { faultWords, onBrokers, onConsumers, onNodes, onStores, type Undertaking } from './threats.ts';

type EffectClass = (typeof effectClasses)[number] | 'dead-letter-lost' | 'over-retried';

/** What the rest of the contract has found. */
interface Found {
  /** Whether a message may be stored twice. */
  readonly stored: Clause;
  /** Whether the broker may take back what consumers were shown. */
  readonly shown: Durability;
}

export function effectClauses(plan: Undertaking, found: Found): Pick<Contract, EffectClass> {
  return {
    ...moved(plan, found),
    'phantom-effect': forbidden('nothing may have an effect that was not received'),
    ...processed(plan, found),
  };
}

function processed(plan: Undertaking, found: Found): typeof none {
  const { command, effect } = plan.consumers;
  if (command !== undefined) return reported(plan, found);
  return effect === undefined ? without(plan, found) : of(plan, effect, found);
}

/** By consumers of the user's own, which say what they have processed. */
function reported(plan: Undertaking, { shown }: Found): typeof none {
  const cut = shown.loses
    ? allowed(`what was received and not yet processed cannot come again once the log is cut: ${shown.because}`)
    : undefined;
  return {
    'duplicate-effect': allowed('at-least-once: what comes again is processed again, unless your consumer knows it'),
    unprocessed:
      committedEarly(plan) ?? cut ?? forbidden('commit after processing: what was not processed comes again'),
    'stale-overwrite': withoutEffect,
  };
}

const withoutEffect = forbidden('processing has no effect');
const none = {
  'duplicate-effect': withoutEffect,
  unprocessed: withoutEffect,
  'stale-overwrite': withoutEffect,
};

/** Without an effect, of what is redelivered it is known all the same what came of it. */
function without(plan: Undertaking, { shown }: Found): typeof none {
  if (plan.consumers.redelivery === undefined) return none;
  const kept = forbidden('what failed is redelivered');
  return { ...none, unprocessed: dropped(plan) ?? spentUntried(plan) ?? committedEarly(plan) ?? unkept(shown) ?? kept };
}

/** Messages on their way between the topic, its retries and its dead letters. */
function moved(plan: Undertaking, { shown }: Found): Pick<Contract, 'dead-letter-lost' | 'over-retried'> {
  const { redelivery } = plan.consumers;
  const never = forbidden('nothing is redelivered by schedule');
  if (redelivery === undefined) return { 'dead-letter-lost': never, 'over-retried': never };
  return {
    'dead-letter-lost': redelivery.deadLetter
      ? (committedEarly(plan) ??
        unkept(shown) ??
        untold(plan) ??
        forbidden('a message is acknowledged when its copy is, never before'))
      : forbidden('there is no dead letter topic: what failed to the last is dropped'),
    'over-retried': forbidden(
      `the first try is followed by at most ${counted(redelivery.attempts, 'redelivery', 'redeliveries')}`,
    ),
  };
}

/** What was acknowledged before it was processed, or moved, goes with whoever was at it. */
function committedEarly({ consumers, faults }: Undertaking): Clause | undefined {
  const around = [...onConsumers(faults), ...onNodes(faults)];
  if (consumers.commit !== 'before' || around.length === 0) return undefined;
  return allowed(`commit before processing: what is committed and not yet processed goes with ${faultWords(around)}`);
}

function untold(plan: Undertaking): Clause | undefined {
  return productOf(plan.cluster.broker).contract.deadLetters?.(plan);
}

/**
 * A broker that counts deliveries counts those that nobody saw, too: to a consumer that died, that ended just then, or that a
 * broker was answering when it died itself. So the last try may be one that nobody made.
 */
export function spentTries({ cluster, consumers, faults }: Undertaking): Clause | undefined {
  const { redelivery } = consumers;
  if (productOf(cluster.broker).can.tries !== 'deliveries' || redelivery === undefined) return undefined;
  const around = [...onConsumers(faults), ...onBrokers(faults)];
  const counts = 'the broker counts a delivery as a try, also one that nobody saw';
  if (around.length > 0) return allowed(`${counts} (${faultWords(around)})`);
  return redelivery.attempts === 0 ? allowed(`${counts}, and there is one alone`) : undefined;
}

/** With dead letters, what had no try that anybody made is one of them. */
function spentUntried(plan: Undertaking): Clause | undefined {
  return plan.consumers.redelivery?.deadLetter === false ? spentTries(plan) : undefined;
}

/** A copy is a message as any other to the broker. */
function unkept(shown: Durability): Clause | undefined {
  return shown.loses ? allowed(`a copy goes with the log that it was stored in: ${shown.because}`) : undefined;
}

/** What failed to the last, where no dead letter topic takes it. */
function dropped({ consumers, producers, faults }: Undertaking): Clause | undefined {
  const { redelivery, failing } = consumers;
  if (redelivery === undefined || redelivery.deadLetter) return undefined;
  const stores = onStores(faults);
  const { share = 0, by } = failing ?? {};
  const toTheLast = by === 'message' ? share : share ** (redelivery.attempts + 1);
  // what one run in a million shows is a promise all the same: nobody would test the measure without it
  const fails = toTheLast * producers.messages >= 1e-6;
  if (!fails && stores.length === 0) return undefined;
  const why = fails ? 'processing fails by chance' : faultWords(stores);
  const tries =
    redelivery.attempts === 0
      ? 'without a second try'
      : `after ${counted(redelivery.attempts, 'redelivery', 'redeliveries')}`;
  return allowed(`${why}, and what failed is dropped ${tries}`);
}

type Effect = NonNullable<Undertaking['consumers']['effect']>;
type Form = ReturnType<typeof effectForm>;

function of(plan: Undertaking, effect: Effect, found: Found): typeof none {
  const form = effectForm({
    idempotence: effect.idempotence,
    ...(effect.form === undefined ? {} : { form: effect.form }),
  });
  const name = effect.idempotence === 'none' ? 'no idempotence' : `${effect.idempotence} (${form.name})`;
  return {
    'duplicate-effect': duplicateEffect(plan, form, name, found),
    unprocessed: unprocessed(plan, form, name, found),
    'stale-overwrite': form.harms.includes('stale-overwrite')
      ? allowed(`${name}: messages share keys, and whichever comes last stands`)
      : forbidden(form.sharesKeys ? `${name} writes only what is newer` : `${name}: each message has a key of its own`),
  };
}

function duplicateEffect(plan: Undertaking, form: Form, name: string, { stored }: Found): Clause {
  if (!form.harms.includes('duplicate-effect')) return forbidden(`${name} absorbs what comes again`);
  const { count } = plan.consumers;
  switch (form.name) {
    case 'broker-position':
      return stored.allowed
        ? allowed(`${name}: one message at two positions has two ids; ${stored.because}`)
        : forbidden(`${name} absorbs what comes again, and nothing is stored twice: ${stored.because}`);
    case 'check-then-insert':
    case 'effect-first':
      // a rebalance is enough: the former owner may still be at work on what the next one begins
      return count > 1 || plan.faults.length > 0
        ? allowed(`${name}: between its two steps another consumer may do the same, or it may die`)
        : forbidden(`${name} is sound for one consumer that nothing befalls`);
    default:
      return allowed(`${name}: what comes again, as at-least-once delivery may, is applied again`);
  }
}

function unprocessed(plan: Undertaking, form: Form, name: string, { shown }: Found): Clause {
  const { commit } = plan.consumers;
  const lifted = dropped(plan) ?? spentUntried(plan) ?? committedEarly(plan);
  if (lifted !== undefined) return lifted;
  if (shown.loses) {
    const reused = form.name === 'broker-position' ? `${name}: a position may come a second time; ` : '';
    return allowed(
      `${reused}what was received and not yet processed cannot come again once the log is cut: ${shown.because}`,
    );
  }
  const between = [...onConsumers(plan.faults), ...onStores(plan.faults)];
  if (form.name === 'id-first' && between.length > 0) {
    return allowed(`${name}: ${faultWords(between)} may come between the id and the effect`);
  }
  return forbidden(
    commit === 'before'
      ? 'commit before processing, but no fault is planned that comes between'
      : 'commit after processing: what was not processed comes again',
  );
}
