/** What a profile and a plan say of effects: names and references, no secrets. */
import { isReference } from './access.ts';
import { findForm, findStore, findWay } from './registry.ts';

export interface EffectSettings {
  /** Name of the store. */
  readonly store: string;
  /** `${NAME}`: environment variable with the URL of the store. Absent for `sqlite`, and for a Redis of our own. */
  readonly url?: string;
  /** Name of the way. */
  readonly idempotence: string;
  /** Name of the way's form; absent: the right one. */
  readonly form?: string;
  /** `${NAME}`: another Redis for ids, where the form records them beside the effect's store. */
  readonly idsUrl?: string;
  /** How long ids are kept, of a form whose ids expire. */
  readonly expireMs?: number;
  /** How long a try waits for a store that does not answer before it counts as failed; absent: `defaultPatienceMs`. */
  readonly patienceMs?: number;
}

export const defaultPatienceMs = 20_000;

/** What a Redis of the run's own is there for: where one is used and no URL of one is given. */
export function ownRedis({ store, url, idempotence, form, idsUrl }: EffectSettings): 'store' | 'ids' | undefined {
  if (store === 'redis') return url === undefined ? 'store' : undefined;
  return findForm(findWay(idempotence), form).ids === 'any' && idsUrl === undefined ? 'ids' : undefined;
}

/** One thing that is wrong: the key it is about, and a sentence. */
export interface EffectProblem {
  readonly key: keyof EffectSettings;
  readonly message: string;
}

/**
 * What does not go together, known before anything starts. @throws ToolError for a name that there is not.
 */
export function checkEffects(settings: EffectSettings): EffectProblem[] {
  const type = findStore(settings.store);
  const form = findForm(findWay(settings.idempotence), settings.form);
  const problems: EffectProblem[] = [];
  const tell = (key: keyof EffectSettings, message: string): void => {
    problems.push({ key, message });
  };
  const called = `${settings.idempotence}${settings.form === undefined ? '' : ` (${settings.form})`}`;
  if (!form.families.includes(type.family)) {
    const needs = form.families.includes('redis') ? 'redis' : 'sqlite, postgres or mariadb';
    tell('idempotence', `${called} needs its effect in ${needs}, not in ${type.name}`);
  }
  for (const key of ['url', 'idsUrl'] as const) {
    const value = settings[key];
    if (value !== undefined && !isReference(value)) {
      tell(key, `a connection URL is a secret: write \${NAME}, the name of an environment variable`);
    }
  }
  if (!type.url && settings.url !== undefined) tell('url', `${type.name} is a file of the run and has no url`);
  if (type.url && type.family === 'sql' && settings.url === undefined)
    tell('url', `${type.name} needs a url: \${NAME}`);
  if (form.ids !== 'any' && settings.idsUrl !== undefined) tell('idsUrl', `${called} records no ids in another store`);
  if (form.expires === undefined && settings.expireMs !== undefined)
    tell('expireMs', `${called} has no ids that expire`);
  if (form.expires && settings.expireMs === undefined) tell('expireMs', `${called} needs to know when ids expire`);
  if (settings.expireMs !== undefined && !(settings.expireMs >= 1)) tell('expireMs', 'at least 1 ms');
  return problems;
}
