import { z } from 'zod';
import type { DiskRule } from '../../cluster/controls.ts';
import { controlOf, type Fault, onAll } from '../fault.ts';
import { requestParameters, requestsOf } from './disk-rule.ts';

const parameters = z.strictObject(requestParameters('disk-hang', 'is not answered', ['read', 'write', 'sync']));

export const diskHang: Fault = {
  name: 'disk-hang',
  alsoCalled: ['hung-disk', 'disk-stall', 'freeze-disk', 'fsfreeze'],
  summary:
    'Nothing that the node asks of its disk is answered, or what `on` says. Healed by answers to all that has waited.',
  needs: ['disk'],
  parameters,
  asks: (given) => ({ rule: ruleOf(given) }),
  inject: (targets, deed) =>
    onAll(targets, async (target) => ({ disk: await controlOf(target, 'disk')(ruleOf(deed.parameters)) })),
  heal: (targets) => onAll(targets, async (target) => ({ disk: await controlOf(target, 'disk')(null) })),
};

function ruleOf(given: Readonly<Record<string, unknown>>): DiskRule {
  return { hang: true, ...requestsOf(parameters.parse(given)) };
}
