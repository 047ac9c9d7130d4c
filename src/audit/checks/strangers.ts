/**
 * Phantom: a message that was delivered but never attempted. Only a whole journal of its producer can show that it was
 * never attempted, and only a complete roster can show that there is no such producer. Otherwise the message counts as
 * `beyond`.
 */

import { placeOf } from '../findings/listing.ts';
import { groupName, type StrangerRow } from '../history/strangers.ts';
import { splitUnlistedName } from '../structures/notes.ts';
import type { Check, CheckContext } from './check.ts';

export const strangersCheck: Check = {
  name: 'strangers',
  decides: ['phantom'],
  run(context) {
    const { history, counts, findings, messageName } = context;
    const { strangers, unidentified } = history.sightings;
    for (const stranger of strangers.byProducer.values()) {
      if (isPhantom(context, stranger.producer, stranger.foreign)) counts.phantom += stranger.messages;
      else counts.beyond += stranger.messages;
    }
    findings.add('phantom', counts.phantom);
    for (const row of strangers.rows) {
      if (!isPhantom(context, row.producer, row.foreign)) continue;
      const name = row.foreign ? `${row.producer}#${row.seq} of another run` : messageName(row.producer, row.seq);
      findings.list({ class: 'phantom', message: name, ...delivery(context, row) });
    }
    for (const row of unidentified.rows()) findings.list({ class: 'corrupt', ...delivery(context, row) });
    listUnlisted(context);
  },
};

/** Whether a message that no journal attempts was really never attempted. */
export function isPhantom(context: CheckContext, producer: number, foreign: boolean): boolean {
  const { evidence, layout } = context.history;
  if (foreign) return true;
  const known = (layout.base[producer] as number) >= 0;
  return known ? evidence.wholeProducers.has(producer) : evidence.rosterComplete;
}

function delivery(context: CheckContext, row: Pick<StrangerRow, 'group' | 'partition' | 'position' | 'atNs'>): object {
  const group = groupName(context.history.groups, row.group);
  return {
    ...(group === undefined ? {} : { group }),
    ...placeOf(row.partition, row.position),
    receivedAtNs: row.atNs,
  };
}

/** Lists the findings beyond the limit of notes, of which only the identity was kept. */
function listUnlisted(context: CheckContext): void {
  const { history, findings, messageName } = context;
  const { unlisted } = history.sightings.notes;
  for (const name of unlisted.names()) {
    const { class: noted, group, producer } = splitUnlistedName(name);
    const label = groupName(history.groups, group);
    unlisted.each(name, (seq) => {
      findings.list({
        class: noted,
        message: messageName(producer, seq),
        ...(label === undefined ? {} : { group: label }),
      });
    });
  }
}
