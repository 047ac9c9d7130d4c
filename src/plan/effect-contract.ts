/** The part of the contract that is about what processing does to the outside. */
import type { Clause, Contract, effectClasses } from '../audit/class.ts';
import { effectForm } from '../profile/effect-schema.ts';
import { allowed, forbidden } from './clause.ts';
import type { Durability } from './durability.ts';
import { faultWords, onConsumers, onNodes, onStores, type Undertaking } from './threats.ts';

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
    ...moved(),
    'phantom-effect': forbidden('nothing may have an effect that was not received'),
    ...(plan.consumers.effect === undefined ? none : of(plan, plan.consumers.effect, found)),
  };
}

const withoutEffect = forbidden('processing has no effect');
const none = {
  'duplicate-effect': withoutEffect,
  unprocessed: withoutEffect,
  'stale-overwrite': withoutEffect,
};

/** Messages on their way between the topic, its retries and its dead letters. */
function moved(): Pick<Contract, 'dead-letter-lost' | 'over-retried'> {
  const never = forbidden('nothing is redelivered by schedule');
  return { 'dead-letter-lost': never, 'over-retried': never };
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
  const dying = onConsumers(plan.faults);
  const around = [...dying, ...onNodes(plan.faults)];
  if (commit === 'before' && around.length > 0) {
    return allowed(`commit before processing: what is committed and not yet processed goes with ${faultWords(around)}`);
  }
  if (shown.loses) {
    const reused = form.name === 'broker-position' ? `${name}: a position may come a second time; ` : '';
    return allowed(
      `${reused}what was received and not yet processed cannot come again once the log is cut: ${shown.because}`,
    );
  }
  const between = [...dying, ...onStores(plan.faults)];
  if (form.name === 'id-first' && between.length > 0) {
    return allowed(`${name}: ${faultWords(between)} may come between the id and the effect`);
  }
  return forbidden(
    commit === 'before'
      ? 'commit before processing, but no fault is planned that comes between'
      : 'commit after processing: what was not processed comes again',
  );
}
