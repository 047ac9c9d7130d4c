/** Whether the keys of an effect go together, before anything starts. */
import { effectClasses } from '../../audit/class.ts';
import { findWay, stores, ways } from '../../effects/registry.ts';
import { checkEffects, type EffectProblem, type EffectSettings } from '../../effects/settings.ts';
import { didYouMean, usualWordsOf } from '../../suggest.ts';
import { decidableEffects, effectSettings } from '../schema/effect.ts';
import type { Profile } from '../schema/schema.ts';
import type { Path } from '../text/tree.ts';
import type { Draft, Tell } from './check.ts';
import { clashes } from './control-ways.ts';
import { decidableReports } from './own-workers.ts';

const paths: Readonly<Record<EffectProblem['key'], Path>> = {
  store: ['consumers', 'effect', 'store'],
  url: ['consumers', 'effect', 'url'],
  idsUrl: ['consumers', 'effect', 'idsUrl'],
  idempotence: ['consumers', 'idempotence'],
  form: ['consumers', 'form'],
  expireMs: ['consumers', 'expire'],
  patienceMs: ['consumers', 'effect', 'patience'],
};

export function checkEffect({ consumers, expect }: Draft, tell: Tell): void {
  if (consumers === undefined) return;
  const settings = effectSettings(consumers);
  if (expect !== undefined) checkExpected(expect, settings, toldClasses(consumers), tell);
  if (settings === undefined) {
    const { idempotence, form, expire } = consumers;
    const without = 'goes with consumers.effect, and there is none';
    if (consumers.command !== undefined) return; // told of the command
    if (idempotence !== 'none') tell(paths.idempotence, without, 'key');
    if (form !== undefined) tell(paths.form, without, 'key');
    if (expire !== undefined) tell(paths.expireMs, without, 'key');
    return;
  }
  for (const { key, message } of effectProblems(settings)) tell(paths[key], message);
  for (const { key, message } of clashes(consumers.effect?.control ?? { address: '' })) {
    tell(['consumers', 'effect', 'control', key], message, 'key');
  }
}

/** A class that the store cannot decide would make every run inconclusive. */
function checkExpected(
  expect: Profile['expect'],
  settings: EffectSettings | undefined,
  told: readonly (typeof effectClasses)[number][],
  tell: Tell,
): void {
  if (settings !== undefined && effectProblems(settings).length > 0) return;
  const decidable = settings === undefined ? told : decidableEffects(settings);
  const why =
    settings === undefined
      ? 'needs consumers.effect: without an effect nobody can say'
      : `cannot be decided with ${settings.idempotence} (${settings.form}): its messages share keys`;
  for (const name of effectClasses) {
    if (decidable.includes(name)) continue;
    if (expect[name] !== undefined && expect[name] !== 'any') tell(['expect', name], why, 'key');
    const harm = expect.harm?.indexOf(name) ?? -1;
    if (harm >= 0) tell(['expect', 'harm', harm], `'${name}' ${why}`);
  }
}

/** What the consumers' own records tell, where there is no store to ask. */
function toldClasses({ command, redelivery }: Profile['consumers']): readonly (typeof effectClasses)[number][] {
  if (command !== undefined) return decidableReports;
  return redelivery === undefined ? [] : ['unprocessed'];
}

/** Of settings from a profile or a plan; a name that there is not is a problem like any other. */
export function effectProblems(settings: EffectSettings): EffectProblem[] {
  const { store, idempotence, form } = settings;
  const unknown =
    unknownName('store', store, stores) ??
    unknownName('idempotence', idempotence, ways) ??
    (form === undefined ? undefined : unknownName('form', form, findWay(idempotence).forms, `${idempotence} has no`));
  return unknown === undefined ? checkEffects(settings) : [unknown];
}

function unknownName(
  key: 'store' | 'idempotence' | 'form',
  name: string,
  items: readonly { readonly name: string; readonly alsoCalled?: readonly string[] }[],
  none = 'there is no',
): EffectProblem | undefined {
  const names = items.map((item) => item.name);
  if (names.includes(name)) return undefined;
  const hint = didYouMean(name, names, usualWordsOf(items));
  return { key, message: `${none} ${key} '${name}'; it is one of ${names.join(', ')}${hint}` };
}
