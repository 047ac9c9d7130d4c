/** The checks, in the order in which they run. A new check needs its file and a line here. */
import { availabilityCheck } from './availability.ts';
import type { Check } from './check.ts';
import { effectsCheck } from './effects.ts';
import { messagesCheck } from './messages.ts';
import { strangersCheck } from './strangers.ts';

export const checks: readonly Check[] = [messagesCheck, strangersCheck, effectsCheck, availabilityCheck];
