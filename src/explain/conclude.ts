/** One sentence on what became of a message, by the gravest class that the audit found it in. */
import { type FindingClass, findingClasses } from '../audit/class.ts';
import type { Case, Conclude } from './case.ts';
import { corrupt, fine, misrouted, phantom, reordered } from './conclusions/deliveries.ts';
import * as duplicates from './conclusions/duplicates.ts';
import * as effects from './conclusions/effects.ts';
import { degradedLost, lost, rolledBack, skipped, unseen } from './conclusions/losses.ts';
import { contradicted, pending, recovered, undelivered } from './conclusions/unanswered.ts';
import type { Conclusion } from './story.ts';

/** `unavailable` is about a fault, and never about a message. */
const conclusions: Readonly<Record<Exclude<FindingClass, 'unavailable'>, Conclude>> = {
  ...{ lost, 'rolled-back': rolledBack, skipped, unseen, 'degraded-lost': degradedLost },
  'duplicate-stored': duplicates.stored,
  'duplicate-delivered': duplicates.delivered,
  'duplicate-undecided': duplicates.undecided,
  'duplicate-effect': effects.duplicateEffect,
  ...{ recovered, undelivered, 'undelivered-silent': undelivered, pending, contradicted },
  ...{ phantom, corrupt, misrouted, reordered },
  unprocessed: effects.unprocessed,
  'dead-letter-lost': effects.deadLetterLost,
  'over-retried': effects.overRetried,
  'stale-overwrite': effects.staleOverwrite,
  'phantom-effect': effects.phantomEffect,
};

export function conclude(of: Case, foremost?: FindingClass): Conclusion {
  const findings = [...(of.findings ?? [])].sort((a, b) => rank(a.class, foremost) - rank(b.class, foremost));
  for (const finding of findings) {
    if (finding.class !== 'unavailable') return conclusions[finding.class](of, finding);
  }
  return fine(of);
}

function rank(name: FindingClass, foremost: FindingClass | undefined): number {
  return name === foremost ? -1 : findingClasses.indexOf(name);
}
