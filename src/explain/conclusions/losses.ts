/** Messages that were acknowledged and are gone, or that a group did not receive. */

import type { PowerCutLoss } from '../../products/left.ts';
import {
  ackOf,
  type Case,
  type Conclude,
  cite,
  cutsAfter,
  faultsFrom,
  groupText,
  instant,
  joined,
  placeText,
} from '../case.ts';
import { eventsOf } from '../life.ts';
import type { Source } from '../story.ts';

export const lost: Conclude = (of, finding) => {
  const ack = ackOf(of);
  if (ack === undefined) return unrecordedAck(of, finding.class);
  const acked = `${ack.outcome} ${placeText(ack)} at ${instant(ack.atNs)}`;
  const read = standing(of, ack);
  if (of.loss !== null) return byPowerCut(of.loss, acked, [ack.from, ...sourcesOf(of)], read);
  const proved = finding.proved === true;
  const nowhere = proved ? 'the log was read to its end without it' : 'no group received it, and no log was read';
  const cuts = cutsAfter(of, ack.atNs);
  const cause = cuts === '' ? 'no record says by what it was lost' : `${cuts}; whether it was in that no record says`;
  return {
    sentence: `Lost: ${joined(acked, faultsFrom(of, ack.atNs), nowhere, read, cause)}.`,
    certainty: proved ? 'proved' : 'likely',
    by: [
      cite(ack.from),
      ...(proved ? ['the reads of the independent reader'] : ['the drain of every group']),
      ...sourcesOf(of).map(cite),
    ],
  };
};

export const rolledBack: Conclude = (of, finding) => {
  const ack = ackOf(of);
  if (ack === undefined) return unrecordedAck(of, finding.class);
  const receipt = eventsOf(of.events, 'received')[0];
  const seen = receipt === undefined ? undefined : `received by ${receipt.by} at ${instant(receipt.atNs)}`;
  const acked = `${ack.outcome} ${placeText(ack)} at ${instant(ack.atNs)}, ${seen ?? 'received by a group'}`;
  const read = standing(of, ack);
  const from = [ack.from, ...(receipt === undefined ? [] : [receipt.from]), ...sourcesOf(of)];
  if (of.loss !== null) return byPowerCut(of.loss, acked, from, read, 'Rolled back');
  return {
    sentence: `Rolled back: ${joined(acked, faultsFrom(of, ack.atNs), read ?? 'gone from the log', 'no record says by what')}.`,
    certainty: 'proved',
    by: [...from.map(cite), 'the reads of the independent reader'],
  };
};

export const degradedLost: Conclude = (of, finding) => {
  const concluded = lost(of, finding);
  const reason = ackOf(of)?.reason;
  const told = `the broker had answered${reason === undefined ? '' : ` ${reason}`}: stored, and not protected as asked`;
  return { ...concluded, sentence: `${concluded.sentence.slice(0, -1)}; ${told}.` };
};

export const skipped: Conclude = (of, { group = '' }) => {
  const ack = ackOf(of);
  const name = groupText(of, group);
  const pass = of.passes.find((each) => each.group === group && each.step === 'confirmed');
  const others = eventsOf(of.events, 'received').filter((each) => each.group !== group);
  const elsewhere = others.length === 0 ? undefined : `another group received it`;
  if (pass === undefined) {
    return {
      sentence: `Passed over by ${name}: ${joined(elsewhere ?? 'it is in the log', 'no record of a commit says by whom')}.`,
      certainty: 'unknown',
      by: others.slice(0, 1).map(({ from }) => cite(from)),
    };
  }
  const where = ack === undefined ? 'it' : `it, ${placeText(ack)},`;
  const commit = `${pass.by} committed position ${pass.position} for ${name} at ${instant(pass.atNs)}`;
  return {
    sentence: `Passed over by ${name}: ${joined(`${commit}, and no consumer of ${name} has received ${where} at any time`, elsewhere)}.`,
    certainty: 'proved',
    by: [cite(pass.from), ...(ack === undefined ? [] : [cite(ack.from)])],
  };
};

export const unseen: Conclude = (of, { group }) => {
  const whose = group === undefined ? 'some group' : groupText(of, group);
  const drain = of.runner.drain.filter(({ ok }) => !ok).map(({ step, proof }) => `${step}: ${proof ?? 'failed'}`);
  const why = drain.length === 0 ? 'the records do not prove that it has read everything' : drain.join(', ');
  const ack = ackOf(of);
  const acked = ack === undefined ? 'acknowledged' : `acknowledged ${placeText(ack)} at ${instant(ack.atNs)}`;
  return {
    sentence: `Open: ${acked}, and not received by ${whose}, of which ${why}; that is no proof of a loss.`,
    certainty: 'unknown',
    by: ack === undefined ? [] : [cite(ack.from)],
  };
};

function byPowerCut(
  loss: PowerCutLoss,
  acked: string,
  from: readonly Source[],
  read: string | undefined,
  verb = 'Lost',
): ReturnType<Conclude> {
  const { node, fault, flushedTo, keptTo, replicas, cutAtNs } = loss;
  const flushed = `${node} had flushed the partition up to position ${positionText(flushedTo)}`;
  const torn =
    keptTo === flushedTo ? undefined : `of the write that was torn it kept up to position ${positionText(keptTo)}`;
  const mechanism = joined(flushed, torn, replicaText(node, replicas), `${fault} cut its power at ${instant(cutAtNs)}`);
  return {
    sentence: `${verb} with a power cut: ${joined(acked, mechanism, read)}.`,
    certainty: 'proved',
    by: [...from.map(cite), `the evidence of ${fault} in runner.journal`, ...loss.files.map((file) => `nodes/${file}`)],
  };
}

function replicaText(node: string, replicas: PowerCutLoss['replicas']): string {
  if (replicas === undefined) return 'how far it was replicated is not recorded';
  if (replicas.length === 0) return `${node} has no replica`;
  const had = replicas.map(({ node: name, to }) => `to ${name} up to position ${positionText(to)}`).join(', ');
  return `replicated ${had}, as ${node} found when it came back`;
}

/** -1 is before the first. */
function positionText(position: number | null): string {
  if (position === null) return 'unknown';
  return position < 0 ? 'none' : String(position);
}

/** What is where it was acknowledged. */
function standing(
  { places }: Case,
  ack: { readonly partition?: number; readonly position?: number },
): string | undefined {
  const place = places.find(({ partition, position }) => partition === ack.partition && position === ack.position);
  if (place?.holds === 'another') return `${place.message ?? 'another message'} stands there now`;
  if (place?.holds === 'nothing') return 'nothing stands there now';
  return undefined;
}

function sourcesOf({ places }: Case): Source[] {
  return places.flatMap(({ holds, from }) => (holds === 'another' && from !== undefined ? [from] : []));
}

function unrecordedAck({ message }: Case, name: string): ReturnType<Conclude> {
  return {
    sentence: `The audit calls ${message} ${name}, and the journals as they are now hold no acknowledgement of it.`,
    certainty: 'unknown',
    by: ['findings.ndjson'],
  };
}
