/** Who is the primary, by what the servers say of themselves. */
import { describe, expect, test } from 'vitest';
import {
  laggingReplicas,
  primaryAmong,
  readReplication,
  type ServerFacts,
} from '../../../src/products/redis/client/replication.ts';

const a = 'a'.repeat(40);
const b = 'b'.repeat(40);
const none = '0'.repeat(40);

const facts = (address: string, more: Partial<ServerFacts>): ServerFacts => ({
  address,
  role: 'master',
  replid: address.repeat(40),
  continues: undefined,
  offset: 0,
  linkUp: false,
  replicas: [],
  ...more,
});

describe('INFO replication', () => {
  test('of a primary', () => {
    const info = [
      '# Replication',
      'role:master',
      'connected_slaves:2',
      'slave0:ip=127.0.0.1,port=6380,state=online,offset=1200,lag=0',
      'slave1:ip=127.0.0.1,port=6381,state=wait_bgsave,offset=0,lag=0',
      `master_replid:${a}`,
      `master_replid2:${none}`,
      'master_repl_offset:1250',
      'second_repl_offset:-1',
    ].join('\r\n');
    const primary = readReplication('127.0.0.1:6379', info);
    expect(primary).toEqual({
      address: '127.0.0.1:6379',
      role: 'master',
      replid: a,
      continues: undefined,
      offset: 1250,
      linkUp: false,
      replicas: [
        { address: '127.0.0.1:6380', state: 'online', offset: 1200 },
        { address: '127.0.0.1:6381', state: 'wait_bgsave', offset: 0 },
      ],
    });
    const known = new Map(['6379', '6380', '6381', '6382'].map((port, index) => [`127.0.0.1:${port}`, `r${index}`]));
    expect(laggingReplicas(primary, known)).toEqual([
      'replica r3 (not connected)',
      'replica r1 (50 bytes behind)',
      'replica r2 (wait_bgsave)',
    ]);
  });

  test('of a replica whose link is up, which says nothing of what the primary sends it', () => {
    const info = `role:slave\r\nmaster_link_status:up\r\nslave_repl_offset:7\r\nmaster_replid:${a}\r\nmaster_replid2:${b}\r\n`;
    expect(readReplication('x', info)).toMatchObject({
      role: 'slave',
      linkUp: true,
      offset: 7,
      replid: a,
      continues: b,
    });
  });
});

describe('the primary', () => {
  test('nobody, or the only one', () => {
    expect(primaryAmong([])).toBeUndefined();
    expect(primaryAmong([facts('1', { role: 'slave' })])).toBeUndefined();
    expect(primaryAmong([facts('1', { role: 'slave' }), facts('2', {})])?.address).toBe('2');
  });

  test('whoever continues the history of the other, in whatever order they are known', () => {
    const old = facts('1', { replid: a });
    const promoted = facts('2', { replid: b, continues: a });
    expect(primaryAmong([old, promoted])?.address).toBe('2');
    expect(primaryAmong([promoted, old])?.address).toBe('2');
    const back = facts('1', { continues: b });
    expect(primaryAmong([back, promoted])?.address).toBe('1');
  });

  test('an old primary that was restarted has a new history: whoever was promoted is the one', () => {
    expect(primaryAmong([facts('1', {}), facts('2', { continues: a })])?.address).toBe('2');
  });

  test('all histories forgotten: whoever has replicas, then whoever was laid out as one', () => {
    const replica = { address: '3', state: 'online', offset: 0 };
    expect(primaryAmong([facts('1', { replicas: [replica] }), facts('2', {})])?.address).toBe('1');
    expect(primaryAmong([facts('1', {}), facts('2', {})])?.address).toBe('2');
  });
});
