/** What links can read of AMQP 0-9-1, by name: publishes and their confirms. */
import { didYouMean } from '../../../suggest.ts';
import type { Wired, WireFace } from '../../product.ts';

/** The only request of this protocol with an answer by number. */
export const publish = 'publish';

/** What it may be called in a profile: faults on sends say `produce` unless they are told otherwise. */
export const sendNames: readonly string[] = [publish, 'produce'];

export const amqpFace: WireFace = {
  protocol: 'amqp',
  wrong: ({ api = publish, deed, partition }: Wired) => {
    if (deed.type !== 'lose-answer' && deed.type !== 'delay-answer') {
      return {
        key: 'do',
        message:
          'links read of AMQP 0-9-1 only which publish a confirm is for; that can be lost-answer or delayed-answer',
      };
    }
    if (!sendNames.includes(api)) {
      return {
        key: 'api',
        message: `no '${api}' of AMQP's has an answer that links know; only 'publish'${didYouMean(api, sendNames)}`,
      };
    }
    if (partition !== undefined) {
      return {
        key: 'partition',
        message: 'an exchange has none; topic: its name, or that of a queue that is published to',
      };
    }
    return undefined;
  },
};
