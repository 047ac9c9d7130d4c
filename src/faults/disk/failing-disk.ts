/** What the faults share whose disk answers with an error. */
import { z } from 'zod';
import type { Controlled, DiskOperation, DiskRule, Evidence } from '../../cluster/controls.ts';
import { controlOf, type Deed, type Fault, onAll } from '../fault.ts';
import { requestParameters, requestsOf } from './disk-rule.ts';

/** @param usual what fails if the profile does not say. */
export function failingDisk(
  words: Pick<Fault, 'name' | 'alsoCalled' | 'summary'>,
  errno: 'EIO' | 'ENOSPC' | 'EROFS',
  usual: readonly DiskOperation[],
): Fault {
  const parameters = z.strictObject(requestParameters(words.name, 'fails', usual));
  const ruleOf = (given: Readonly<Record<string, unknown>>): DiskRule => ({
    fail: errno,
    ...requestsOf(parameters.parse(given)),
  });
  return {
    ...words,
    needs: ['disk', 'stop', 'start'],
    parameters,
    asks: (given) => ({ rule: ruleOf(given) }),
    inject: (targets: readonly Controlled[], deed: Deed) =>
      onAll(targets, async (target) => ({ disk: await controlOf(target, 'disk')(ruleOf(deed.parameters)) })),
    heal: (targets) => onAll(targets, restarted),
  };
}

/**
 * After a write or sync that failed a broker takes no more of them: what the disk holds is known again after a restart. One
 * that has ended by it is there again already.
 */
async function restarted(target: Controlled): Promise<Evidence> {
  const disk = await controlOf(target, 'disk')(null);
  if (disk.started !== undefined) return { disk };
  return { disk, stop: await controlOf(target, 'stop')(), start: await controlOf(target, 'start')() };
}
