/** What a rule does to a request or to its answer, where that is more than to keep it back. */

import { random } from '../../../link/random.ts';
import type { WireLogEntry } from '../../../link/wire/rule.ts';
import type { Claim } from '../../../link/wire/rule-book.ts';
import { type Changed, errorAnswer, errorsOf, failsByPartition, movedLeaders } from './answers.ts';
import { fetch, metadata, produce } from './apis.ts';
import { apiName, canFail, errorCodes } from './face.ts';
import { changeFetched, corruptFirst, corruptRequest, doubled, swapped } from './records.ts';
import type { Asked, Body, Head } from './request.ts';
import { withoutParts } from './split.ts';

/** Whether it can be done to such a request at all: a rule that names none is about all of them. */
export function canDo({ rule }: Claim, { apiKey }: Head, body: Body | undefined): boolean {
  switch (rule.deed.type) {
    case 'lose-answer':
    case 'delay-answer':
      return true;
    case 'answer-error':
      return body !== undefined && canFail(apiName(apiKey));
    case 'move-leader':
      return body !== undefined && apiKey === metadata.key;
    case 'change-records':
      return body !== undefined && apiKey === (rule.deed.on === 'produce' ? produce.key : fetch.key);
  }
}

/**
 * An error instead of what was asked for: what is left to ask the broker for, or the whole answer. Neither: there is no
 * such error.
 */
export function refusal(
  asked: Asked,
  claim: Claim,
): { readonly rest?: Buffer | undefined; readonly answer?: Buffer | undefined } {
  const { head, body } = asked;
  const rest = body && failsByPartition(body.api) ? withoutParts(head, body, claim.parts) : undefined;
  return rest === undefined ? { answer: changedAnswer(asked, claim, undefined) } : { rest };
}

/** A request with a batch of it damaged, or as it was where none can be. */
export function damagedRequest(frame: Buffer, { head, body }: Asked, claim: Claim): Buffer {
  const { deed } = claim.rule;
  const changed =
    body !== undefined && deed.type === 'change-records'
      ? corruptRequest(head, body, claim.concerns, deed.checksum, chanceOf(claim))
      : undefined;
  if (changed === undefined) claim.abandon();
  else claim.done(changed.seen);
  return changed?.frame ?? frame;
}

/**
 * The answer that the client gets.
 * @param answer the broker's; undefined: it was not asked. Only then the result may be undefined: there is no such error.
 */
export function changedAnswer(asked: Asked, claim: Claim, answer: Buffer): Buffer;
export function changedAnswer(asked: Asked, claim: Claim, answer: undefined): Buffer | undefined;
export function changedAnswer(asked: Asked, claim: Claim, answer: Buffer | undefined): Buffer | undefined {
  const changed = change(asked, claim, answer);
  if (changed === undefined) claim.abandon();
  else claim.done(changed.seen);
  return changed?.frame ?? answer;
}

/** Undefined: it cannot be done to this one. */
function change({ head, body }: Asked, claim: Claim, answer: Buffer | undefined): Changed | undefined {
  const { rule, parts, concerns } = claim;
  const { deed } = rule;
  if (deed.type === 'answer-error') {
    const error = errorCodes.get(deed.error);
    const frame =
      body === undefined || error === undefined ? undefined : errorAnswer({ head, body }, error, parts, answer);
    return frame && { frame, seen: { error: deed.error } };
  }
  if (answer === undefined) return undefined;
  if (deed.type === 'delay-answer') return { frame: answer, seen: { delayMs: deed.delayMs } };
  if (body === undefined) return undefined;
  if (deed.type === 'move-leader') return movedLeaders({ head, body }, answer, concerns);
  if (deed.type !== 'change-records') return undefined;
  return changeFetched({ head, body }, answer, concerns, (records) => {
    if (deed.how === 'double') return doubled(records);
    return deed.how === 'swap' ? swapped(records) : corruptFirst(records, deed.checksum, chanceOf(claim));
  });
}

function chanceOf({ rule, index }: Claim): (name: string) => number {
  return (name) => random(rule.seed, `${rule.id}/${name}/${index}`)();
}

/** Of an answer that is kept back: the error in it, for the log. Nothing of one that says that all is well. */
export function errorIn({ head, body }: Asked, { parts }: Claim, answer: Buffer): WireLogEntry {
  const [error] = body === undefined ? [] : errorsOf({ head, body }, answer, parts);
  return error === undefined ? {} : { error };
}

/** Whether an answer has to be completed although its rule is in force no more: the broker was not asked for all of it. */
export function mustAnswer({ rule: { deed } }: Claim): boolean {
  return deed.type === 'answer-error' && !deed.served;
}
