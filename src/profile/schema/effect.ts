/** What processing does to the outside: the store, and the way of idempotence. Names are those of `effects/`. */
import { effectClasses } from '../../audit/class.ts';
import { findForm, findWay, stores, ways } from '../../effects/registry.ts';
import type { EffectSettings } from '../../effects/settings.ts';
import { nodeControlSchema } from '../../products/attached.ts';
import { usualWordsOf } from '../../suggest.ts';
import { map } from './map.ts';
import { secretReference } from './secret-reference.ts';
import { choice, duration, text } from './units.ts';

const reference = `expected \${NAME}, an environment variable that holds the URL: it is a secret`;

/** Within the bounds of the drain. */
const longestPatienceMs = 60_000;

/** Keys of `consumers`. */
export const effectKeys = {
  effect: map({
    store: choice(names(stores), usualWordsOf(stores)).describe(
      'Where processing has its effect. sqlite: a file of the run. postgres, mariadb: a server, by `url`. redis: a ' +
        'server by `url`, or without it one that is started for the run.',
    ),
    url: text(reference, secretReference)
      .exactOptional()
      .describe(`The store's URL as \${NAME}: read when the run connects, never printed or stored.`),
    idsUrl: text(reference, secretReference)
      .exactOptional()
      .describe('Another Redis for the ids, of forms that record them beside the effect. Default: the run’s own.'),
    patience: duration(0, longestPatienceMs)
      .exactOptional()
      .describe(
        'How long a try waits for a store that does not answer before it counts as failed. 0ms: the first call ' +
          'without an answer is a failed try. Default: 20s.',
      ),
    control: nodeControlSchema
      .omit({ id: true })
      .exactOptional()
      .describe(
        'How faults may act on the server of `url`, with `target: store`. One of the run’s own needs no control.',
      ),
  })
    .exactOptional()
    .describe('What processing does to the outside. Without it, processing has no effect.'),
  idempotence: choice(names(ways), usualWordsOf(ways))
    .prefault('none')
    .describe('The guard around the effect: see docs/idempotence.md. none: the same effect without a guard.'),
  form: choice([...new Set(ways.flatMap(({ forms }) => names(forms)))] as [string, ...string[]])
    .exactOptional()
    .describe('A form of the idempotence. Default: its right one. The others are known mistakes, to see their harm.'),
  expire: duration().exactOptional().describe('How long ids are kept, of the form `expiring`.'),
};

/** The settings in the words of `effects/`; undefined when processing has no effect. */
export function effectSettings({ effect, idempotence, form, expire }: EffectKeys): EffectSettings | undefined {
  if (effect === undefined) return undefined;
  const { control: _, patience, ...where } = effect;
  return {
    ...where,
    idempotence,
    ...(form === undefined ? {} : { form }),
    ...(expire === undefined ? {} : { expireMs: expire }),
    ...(patience === undefined ? {} : { patienceMs: patience }),
  };
}

/** What is known of the form: the harm that it does, and whether messages share keys. */
export function effectForm({
  idempotence,
  form,
}: Pick<EffectSettings, 'idempotence' | 'form'>): ReturnType<typeof findForm> {
  return findForm(findWay(idempotence), form);
}

/** Classes that the store of such an effect can decide. */
export function decidableEffects(settings: EffectSettings): readonly (typeof effectClasses)[number][] {
  const { sharesKeys } = effectForm(settings);
  return sharesKeys === true ? ['phantom-effect', 'stale-overwrite'] : effectClasses;
}

/** Without a limit of their own these must be 0. */
export function forbiddenEffects(settings: EffectSettings | undefined): readonly (typeof effectClasses)[number][] {
  if (settings === undefined) return [];
  const guarded = settings.idempotence !== 'none';
  return decidableEffects(settings).filter((name) => guarded || name !== 'duplicate-effect');
}

interface EffectKeys {
  readonly effect?: {
    readonly store: string;
    readonly url?: string;
    readonly idsUrl?: string;
    readonly control?: object;
    readonly patience?: number;
  };
  readonly idempotence: string;
  readonly form?: string;
  readonly expire?: number;
}

function names(items: readonly { readonly name: string }[]): [string, ...string[]] {
  return items.map(({ name }) => name) as [string, ...string[]];
}
