/** What an effect is made of. Business identity as everywhere: (producer incarnation, sequence), whatever the attempt. */
import type { Position } from '../journal/event.ts';

export interface EffectMessage {
  readonly producer: number;
  readonly seq: number;
  /** What the effect is about; messages may share one, as payments share an account. */
  readonly key: string;
  /** Orders the messages of one key: the higher is the newer. */
  readonly version: number;
  /** Where the broker delivered it from; another place when a retry was stored a second time. */
  readonly place?: Position;
}

/** How many keys the messages of one producer share: a prime, so that those of one key are in many partitions. */
export const keysPerProducer = 17;

/** Of the effect of a message: shared by messages of one producer, whose sequence orders them. */
export function keyOf({ producer, seq }: Pick<EffectMessage, 'producer' | 'seq'>): string {
  return `${producer}/${seq % keysPerProducer}`;
}

/** `3#41`: business id of a message, in keys and columns of a store. */
export function messageId({ producer, seq }: Pick<EffectMessage, 'producer' | 'seq'>): string {
  return `${producer}#${seq}`;
}

/** Undefined when the text is no id of ours. */
export function parseMessageId(id: string): { producer: number; seq: number } | undefined {
  const [, producer, seq] = /^(\d{1,5})#(\d{1,10})$/.exec(id) ?? [];
  return producer === undefined || seq === undefined ? undefined : { producer: Number(producer), seq: Number(seq) };
}

/** `5/1/812`: partition, epoch and position; what a consumer takes for an id when it trusts the broker's own numbers. */
export function placeId({ place }: EffectMessage): string {
  if (place?.position === undefined) throw new Error('a message without a position has no place to tell it by');
  return `${place.partition}/${place.epoch ?? 0}/${place.position}`;
}

/** What the store holds at the end, as an audit reads it. Nothing comes twice. */
export type Holding =
  /** How often the effect of one message is there: rows, or the value of its counter. */
  | { readonly kind: 'effect'; readonly producer: number; readonly seq: number; readonly times: number }
  /** A key that messages share: the message whose effect stands, all earlier ones are overwritten. */
  | {
      readonly kind: 'latest';
      readonly key: string;
      readonly producer: number;
      readonly seq: number;
      readonly version: number;
    }
  /** Something under our name that no message of any run made. */
  | { readonly kind: 'strange'; readonly what: string };
