/** The effect is a SET, which is harmless when it is repeated, as long as nothing newer stands under its key. */
import type { EffectOutcome } from '../../journal/event.ts';
import type { EffectMessage, Holding } from '../message.ts';
import type { CallOptions, RedisStore } from '../stores/store.ts';
import { redisOf } from './families.ts';
import { claim, effectKey, readEffects, readShared, sharedKey, sharedValue } from './keys.ts';
import type { Guard, Parts, Way } from './way.ts';

export const redisSet: Way = {
  name: 'redis-set',
  alsoCalled: ['set'],
  summary: 'the effect is a SET by key',
  forms: [
    {
      name: 'own-key',
      summary: 'a key for each message: the second SET writes what is there',
      harms: [],
      families: ['redis'],
      open: (parts) => guard(parts, setOwn, (store, options) => readEffects(store, () => 1, options)),
    },
    {
      name: 'newest-wins',
      summary: 'a key that messages share, written by a script only when the version there is older',
      harms: [],
      families: ['redis'],
      sharesKeys: true,
      open: (parts) => guard(parts, setNewer, readShared),
    },
    {
      name: 'shared-key',
      summary:
        'a key that messages share, written by a plain SET: a late redelivery of an older message overwrites a newer',
      harms: ['stale-overwrite'],
      families: ['redis'],
      sharesKeys: true,
      open: (parts) => guard(parts, setShared, readShared),
    },
  ],
};

type Apply = (store: RedisStore, message: EffectMessage, options: CallOptions) => Promise<EffectOutcome>;
type Read = (store: RedisStore, options: CallOptions) => AsyncIterable<Holding>;

function guard(parts: Parts, apply: Apply, read: Read): Guard {
  const store = redisOf(parts.store);
  return {
    prepare: (options) => claim(store, options),
    apply: async (message, visit, options) => {
      await visit('before effect', message);
      const outcome = await apply(store, message, options);
      await visit('after effect', message);
      return outcome;
    },
    read: (options) => read(store, options),
  };
}

/** GET makes the answer the value that was there: the proof. */
const setOwn: Apply = async (store, message, options) => {
  const before = await store.send(['SET', effectKey(store, message), message.version, 'GET'], options);
  return before === null ? 'applied' : 'absorbed';
};

const setShared: Apply = async (store, message, options) => {
  const value = sharedValue(message);
  const before = await store.send(['SET', sharedKey(store, message), value, 'GET'], options);
  return before === value ? 'absorbed' : 'applied';
};

const newer = `
local there = redis.call('GET', KEYS[1])
if there and tonumber(string.match(there, '^%S+')) >= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

const setNewer: Apply = async (store, message, options) => {
  const set = await store.script(newer, [sharedKey(store, message)], [message.version, sharedValue(message)], options);
  return set === 1 ? 'applied' : 'absorbed';
};
