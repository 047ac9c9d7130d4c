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
    ...moved(plan, found),
    'phantom-effect': forbidden('nothing may have an effect that was not received'),
    ...(plan.consumers.effect === undefined ? withoutStore(plan, found) : of(plan, plan.consumers.effect, found)),
  };
}

const withoutEffect = forbidden('processing has no effect');
const none = {
  'duplicate-effect': withoutEffect,
  unprocessed: withoutEffect,
  'stale-overwrite': withoutEffect,
};

/** Without a store the consumers' own records tell what failed to the last. */
function withoutStore(plan: Undertaking, found: Found): typeof none {
  return plan.consumers.redelivery === undefined
    ? none
    : { ...none, unprocessed: unprocessed(plan, undefined, '', found) };
}

/** Messages on their way between the topic, its retries and its dead letters. */
function moved({ consumers }: Undertaking, { shown }: Found): Pick<Contract, 'dead-letter-lost' | 'over-retried'> {
  const { redelivery } = consumers;
  if (redelivery === undefined) {
    const never = forbidden('nothing is redelivered by schedule');
    return { 'dead-letter-lost': never, 'over-retried': never };
  }
  return {
    'dead-letter-lost':
      redelivery.deadLetter && shown.loses
        ? allowed(`what was moved to a retry or a dead letter is in a log that may be cut: ${shown.because}`)
        : forbidden('a message is in its next place before it is committed in the last'),
    'over-retried': forbidden(
      `no message is tried more than ${redelivery.attempts + 1} times: its number goes with it`,
    ),
  };
}

/** Whether processing may fail to the last, and the message is then dropped. */
function dropped({ consumers, producers }: Undertaking): Clause | undefined {
  const { failing, redelivery } = consumers;
  if (failing === undefined || failing.share === 0 || redelivery === undefined || redelivery.deadLetter)
    return undefined;
  const tries = redelivery.attempts + 1;
  const share = failing.by === 'message' ? failing.share : failing.share ** tries;
  // what happens in one run of a million is no promise that was given up, but one that can be tested
  if (share * producers.messages < 1e-6) return undefined;
  return allowed(`what fails ${tries === 1 ? 'once' : `${tries} times`} is dropped: there is no dead letter`);
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

function unprocessed(plan: Undertaking, form: Form | undefined, name: string, { shown }: Found): Clause {
  const { commit } = plan.consumers;
  const dying = onConsumers(plan.faults);
  const around = [...dying, ...onNodes(plan.faults)];
  const failed = dropped(plan);
  if (failed !== undefined) return failed;
  if (commit === 'before' && around.length > 0) {
    return allowed(`commit before processing: what is committed and not yet processed goes with ${faultWords(around)}`);
  }
  if (shown.loses) {
    const reused = form?.name === 'broker-position' ? `${name}: a position may come a second time; ` : '';
    return allowed(
      `${reused}what was received and not yet processed cannot come again once the log is cut: ${shown.because}`,
    );
  }
  const between = [...dying, ...onStores(plan.faults)];
  if (form?.name === 'id-first' && between.length > 0) {
    return allowed(`${name}: ${faultWords(between)} may come between the id and the effect`);
  }
  return forbidden(
    commit === 'before'
      ? 'commit before processing, but no fault is planned that comes between'
      : 'commit after processing: what was not processed comes again',
  );
}
