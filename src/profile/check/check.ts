/** What a schema cannot say: whether the parts of a profile make sense together. */
import { counted } from '../../counted.ts';
import type { Profile } from '../schema/schema.ts';
import { spell } from '../schema/units.ts';
import type { SetUp } from '../targets.ts';
import type { Problem } from '../text/problem.ts';
import { at, keyPlaceOf, type Path, placeOf, type Tree } from '../text/tree.ts';
import { checkCluster } from './cluster.ts';
import { checkEffect } from './effects.ts';
import { checkFaults } from './faults.ts';
import { checkOwnWorkers } from './own-workers.ts';
import { checkRedelivery } from './redelivery.ts';

/** The sections of a profile that were understood. */
export interface Draft {
  readonly cluster: Profile['cluster'] | undefined;
  readonly topic: Profile['topic'] | undefined;
  readonly producers: Profile['producers'] | undefined;
  readonly consumers: Profile['consumers'] | undefined;
  readonly faults: readonly (Profile['faults'][number] | undefined)[];
  /** Of each fault, also where the rest of the entry was not understood; undefined where nothing can be said of it. */
  readonly targets: readonly (Profile['faults'][number]['target'] | undefined)[];
  readonly expect: Profile['expect'] | undefined;
  readonly limit: number | undefined;
  /**
   * Whom faults can be aimed at: one where all was understood that this depends on; several where a key is wrong that takes
   * one of a few words, one for each of them; none where nothing can be said.
   */
  readonly setUps: readonly SetUp[];
}

/** Says something about a path; `key` puts it at the key itself rather than at its value. */
export type Tell = (path: Path, message: string, at?: 'key') => void;

export function checkProfile(draft: Draft, tree: Tree, allowRemote: boolean): Problem[] {
  const problems: Problem[] = [];
  const tell: Tell = (path, message, where) => {
    const key = path.at(-1);
    const place = where === 'key' ? keyPlaceOf(tree, path.slice(0, -1), String(key)) : placeOf(tree, path);
    problems.push({ place, path, message });
  };
  const written = (...path: Path): boolean => at(tree, path) !== undefined;
  checkCluster(draft, tree, allowRemote, tell);
  checkProducers(draft, written, tell);
  checkOwnWorkers(draft, written, tell);
  checkEffect(draft, tell);
  checkRedelivery(draft, tell);
  checkExpectations(draft, tell);
  checkLimit(draft, written('limit') ? ['limit'] : ['producers', 'messages'], tell);
  checkFaults(draft, tell);
  return problems;
}

function checkProducers({ producers }: Draft, written: (...path: Path) => boolean, tell: Tell): void {
  if (producers === undefined) return;
  const { send } = producers;
  const has = (key: string): boolean => written('producers', key);
  if (send !== 'async' && has('window')) {
    tell(['producers', 'window'], `goes with 'send: async' only; with 'send: ${send}' leave it out`, 'key');
  }
  if (send !== 'oneway') return;
  if (producers.idempotent) {
    tell(['producers', 'idempotent'], "not with 'send: oneway': without acknowledgements nothing is sent twice");
  }
  if (has('acks')) tell(['producers', 'acks'], "not with 'send: oneway', which asks for no acknowledgement", 'key');
  if (has('retries') && producers.retries > 0) {
    tell(['producers', 'retries'], "not with 'send: oneway', which never learns of a failure; leave it out or set 0");
  }
}

function checkExpectations({ expect, producers }: Draft, tell: Tell): void {
  if (expect === undefined) return;
  for (const [i, harm] of (expect.harm ?? []).entries()) {
    if (expect.harm?.indexOf(harm) !== i) tell(['expect', 'harm', i], `'${harm}' is there twice`);
    if (expect[harm] !== undefined && expect[harm] !== 'any') {
      tell(['expect', harm], "a class under 'harm' is to be found, so it takes no limit", 'key');
    }
  }
  if (producers?.send !== 'oneway') return;
  for (const key of ['acked', 'recovery'] as const) {
    if (expect[key] !== undefined) tell(['expect', key], "not with 'send: oneway': nothing is acknowledged", 'key');
  }
}

function checkLimit({ producers, limit }: Draft, path: Path, tell: Tell): void {
  if (producers === undefined || limit === undefined || producers.rate === 'max') return;
  const sendingMs = (producers.messages / producers.rate) * 1000;
  if (sendingMs < limit) return;
  const sending = `${counted(producers.messages, 'message')} at ${producers.rate}/s take ${Math.ceil(sendingMs / 1000)}s`;
  tell(path, `${sending} of sending alone, and the limit of the run is ${spell(limit)}; change one of the three`);
}
