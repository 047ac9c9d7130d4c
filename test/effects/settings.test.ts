import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageFolder } from '../../src/cluster/program.ts';
import { isReference, parseAddress, readAccess } from '../../src/effects/access.ts';
import { effectsName } from '../../src/effects/effects.ts';
import { messageId, parseMessageId } from '../../src/effects/message.ts';
import { findForm, findStore, findWay, stores, ways } from '../../src/effects/registry.ts';
import { checkEffects } from '../../src/effects/settings.ts';

const url = `\${STORE}`;

describe('settings', () => {
  it('every right form goes with each store of its families, and no other', () => {
    for (const way of ways) {
      for (const store of stores) {
        const fits = findForm(way).families.includes(store.family);
        const settings = { store: store.name, ...(store.url ? { url } : {}), idempotence: way.name };
        expect({ settings, fits: checkEffects(settings).length === 0 }).toEqual({ settings, fits });
      }
    }
  });

  it.each([
    [{ store: 'sqlite', idempotence: 'redis-id' }, 'idempotence', 'redis-id needs its effect in redis, not in sqlite'],
    [{ store: 'redis', idempotence: 'primary-key' }, 'idempotence', 'needs its effect in sqlite, postgres or mariadb'],
    [{ store: 'postgres', idempotence: 'none' }, 'url', `postgres needs a url: \${NAME}`],
    [{ store: 'sqlite', url, idempotence: 'none' }, 'url', 'sqlite is a file of the run'],
    [{ store: 'redis', url: 'redis://:x@host', idempotence: 'none' }, 'url', 'a connection URL is a secret'],
    [{ store: 'redis', url, idempotence: 'redis-id', idsUrl: url }, 'idsUrl', 'records no ids in another store'],
    [{ store: 'redis', url, idempotence: 'redis-id', form: 'expiring' }, 'expireMs', 'needs to know when ids expire'],
    [{ store: 'redis', url, idempotence: 'redis-id', expireMs: 5 }, 'expireMs', 'has no ids that expire'],
    [{ store: 'redis', url, idempotence: 'redis-id', form: 'expiring', expireMs: 0 }, 'expireMs', 'at least 1 ms'],
  ])('%j: %s', (settings, key, message) => {
    expect(checkEffects(settings)).toEqual([{ key, message: expect.stringContaining(message) }]);
  });

  it('names that there are not are told with those that there are', () => {
    const store = (): unknown => findStore('mongo');
    expect(store).toThrow(expect.objectContaining({ hint: 'one of: sqlite, postgres, mariadb, redis', exitCode: 2 }));
    expect(() => findWay('redis')).toThrow('way of idempotence "redis"');
    expect(() => findForm(findWay('redis-id'), 'late')).toThrow('form of redis-id "late"');
  });

  it('every wrong form has a harm, every way a right one first, but for none', () => {
    const first = ways.map((way) => [way.name, findForm(way).harms]);
    expect(Object.fromEntries(first)).toEqual({
      none: ['duplicate-effect'],
      'primary-key': [],
      'unique-constraint': [],
      'redis-set': [],
      'redis-id': [],
    });
    const wrong = ways.flatMap((way) => way.forms.filter((form) => form.harms.length > 0).map((form) => form.name));
    expect(wrong).toEqual([
      ...['plain', 'check-then-insert', 'broker-position', 'shared-key'],
      ...['id-first', 'effect-first', 'expiring', 'broker-position'],
    ]);
  });
});

describe('access', () => {
  it('reads a reference, and says what is missing without a value', () => {
    expect(readAccess(`\${A}`, 'effect.url', { A: 'redis://h' })).toEqual({ url: 'redis://h', from: `\${A}` });
    const unset = (): unknown => readAccess(`\${A?start one}`, 'effect.url', { A: '' });
    expect(unset).toThrow(expect.objectContaining({ code: 'unset-variable', hint: 'start one' }));
    const literal = (): unknown => readAccess('redis://:secret@h', 'effect.url', {});
    expect(literal).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret@') }));
    expect([`\${A}`, `\${A?b}`, `\${A:-b}`, 'redis://h', `x\${A}`].map(isReference)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('masks the password in each of its forms, the options and the URL', () => {
    const from = `\${A}`;
    const secret = 'postgres://me:a%2Fb%20c@db.example:6543/x?sslpassword=deep&sslmode=require';
    const { place, mask } = parseAddress(
      { url: secret, from },
      { name: 'postgres', schemes: ['postgres'], port: 5432 },
    );
    expect(place).toBe(`postgres at db.example:6543 (\${A})`);
    expect(mask(`u ${secret} e a%2Fb%20c d a/b c s deep`)).toBe('u *** e *** d *** s ***');
  });
});

describe('names', () => {
  it('of a run and a group go into every store', () => {
    expect(effectsName('0000002a-1B2c3d4e', 0)).toBe('mqchaos_0000002a_1b2c3d4e_g1');
    expect(() => effectsName('x'.repeat(80), 0)).toThrow('too long');
  });

  it('of messages come back', () => {
    expect(parseMessageId(messageId({ producer: 65_535, seq: 4_294_967_295 }))).toEqual({
      producer: 65_535,
      seq: 4_294_967_295,
    });
    expect(['', '1', '#1', '1#', 'a#1', '1#2#3'].map(parseMessageId)).toEqual(Array(6).fill(undefined));
  });
});

it('docs/idempotence.md has every store, way and form', () => {
  const page = readFileSync(join(packageFolder, 'docs/idempotence.md'), 'utf8');
  const right = ways.flatMap((way) => (way.name === 'none' ? [] : [way.forms[0].name]));
  const names = [...stores, ...ways, ...ways.flatMap((way) => way.forms)].map(({ name }) => name);
  const unwritten = names.filter((name) => name !== 'plain' && !right.includes(name) && !page.includes(`\`${name}\``));
  expect(unwritten).toEqual([]);
});
