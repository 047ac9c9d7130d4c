/**
 * The message's id is recorded in Redis, and a message whose id is there is skipped. Sound only where id and effect
 * change together: one script in one Redis. In two steps, whichever comes first, a consumer that dies between them leaves
 * an id without its effect or an effect without its id.
 */
import { type EffectMessage, messageId, placeId } from '../message.ts';
import { redisOf } from './families.ts';
import { claim, effectKey, idKey, readEffects } from './keys.ts';
import { plainEffect } from './plain.ts';
import type { Guard, Parts, Way } from './way.ts';

export const redisId: Way = {
  name: 'redis-id',
  alsoCalled: ['setnx', 'redis-setnx', 'dedup', 'deduplication'],
  summary: 'the business id recorded in Redis; what is recorded is skipped',
  forms: [
    {
      name: 'atomic',
      summary: 'id and effect in one script of the same Redis',
      harms: [],
      families: ['redis'],
      ids: 'same',
      open: (parts) => atomic(parts, messageId, 0),
    },
    {
      name: 'id-first',
      summary: 'the id, then the effect: a consumer that dies between them has skipped it for ever',
      harms: ['unprocessed'],
      families: ['sql', 'redis'],
      ids: 'any',
      open: idFirst,
    },
    {
      name: 'effect-first',
      summary: 'the effect, then the id: a consumer that dies between them does it again',
      harms: ['duplicate-effect'],
      families: ['sql', 'redis'],
      ids: 'any',
      open: effectFirst,
    },
    {
      name: 'expiring',
      summary: 'in one script, but ids expire: a redelivery that comes later than that does it again',
      harms: ['duplicate-effect'],
      families: ['redis'],
      ids: 'same',
      expires: true,
      open: (parts) => atomic(parts, messageId, parts.expireMs ?? 0),
    },
    {
      name: 'broker-position',
      summary:
        "in one script, but the id is the message's place in the broker's log: a producer's retry that was stored twice has two places, and a place that is given out again after a loss skips another message",
      harms: ['duplicate-effect', 'unprocessed'],
      families: ['redis'],
      ids: 'same',
      places: true,
      open: (parts) => atomic(parts, placeId, 0),
    },
  ],
};

const recordAndApply = `
local recorded
if ARGV[1] == '0' then recorded = redis.call('SET', KEYS[1], '1', 'NX')
else recorded = redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) end
if not recorded then return 0 end
redis.call('INCR', KEYS[2])
return 1`;

/** @param expireMs 0: ids stay. */
function atomic(parts: Parts, idOf: (message: EffectMessage) => string, expireMs: number): Guard {
  const store = redisOf(parts.store);
  return {
    prepare: (options) => claim(store, options),
    apply: async (message, visit, options) => {
      await visit('before effect', message);
      const keys = [idKey(store, idOf(message)), effectKey(store, message)];
      const applied = await store.script(recordAndApply, keys, [expireMs], options);
      await visit('after effect', message);
      return applied === 1 ? 'applied' : 'absorbed';
    },
    read: (options) => readEffects(store, Number, options),
  };
}

function idFirst(parts: Parts): Guard {
  const ids = parts.ids ?? redisOf(parts.store);
  const effect = plainEffect(parts.store);
  return {
    prepare: (options) => prepareBoth(parts, options),
    apply: async (message, visit, options) => {
      const recorded = await ids.send(['SET', idKey(ids, messageId(message)), '1', 'NX'], options);
      if (recorded === null) return 'absorbed';
      await visit('before effect', message);
      await effect.apply(message, options);
      await visit('after effect', message);
      return 'applied';
    },
    read: (options) => effect.read(options),
  };
}

function effectFirst(parts: Parts): Guard {
  const ids = parts.ids ?? redisOf(parts.store);
  const effect = plainEffect(parts.store);
  return {
    prepare: (options) => prepareBoth(parts, options),
    apply: async (message, visit, options) => {
      const key = idKey(ids, messageId(message));
      if ((await ids.send(['EXISTS', key], options)) === 1) return 'absorbed';
      await visit('before effect', message);
      await effect.apply(message, options);
      await visit('after effect', message);
      await ids.send(['SET', key, '1'], options);
      return 'applied';
    },
    read: (options) => effect.read(options),
  };
}

async function prepareBoth({ store, ids }: Parts, options: Parameters<Guard['prepare']>[0]): Promise<void> {
  await plainEffect(store).prepare(options);
  if (ids !== undefined && ids !== store) await claim(ids, options);
}
