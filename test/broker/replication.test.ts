import { describe, expect, test } from 'vitest';
import { code } from '../../src/broker/wire/codes.ts';
import { MemoryCluster } from './support/memory-cluster.ts';

const [master, slave, second] = [1, 17, 33];

describe('in-sync', () => {
  test('a slave joins, and what is acknowledged is on it', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    expect(await cluster.partition(slave)).toEqual({ leader: master, epoch: 1, inSync: [master, slave] });
    expect(await cluster.produce(master, 'a')).toBe(code.NONE);
    expect(await cluster.end(slave)).toBeGreaterThan(0);
    expect(await cluster.consume(master)).toEqual(['a']);
    expect(await cluster.produce(slave, 'x')).toBe(code.NOT_LEADER_OR_FOLLOWER);
    expect(await cluster.consume(slave)).toBe(code.NOT_LEADER_OR_FOLLOWER);
    expect([cluster.node(master).role, cluster.node(slave).role]).toEqual(['leader', 'follower']);
  });

  test('a slave that hangs is waited for, then taken out: degraded, not shown before it is back, and never silent', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    cluster.freeze(slave);
    expect(await cluster.produce(master, 'b')).toBe(code.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    await cluster.until(async () => (await cluster.partition(master)).inSync.length === 1);
    expect(await cluster.produce(master, 'c')).toBe(code.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    expect(await cluster.produce(master, 'd', { acks: 1 })).toBe(code.NONE);
    expect(await cluster.consume(master)).toEqual(['a']);
    cluster.thaw(slave);
    await cluster.until(async () => (await cluster.partition(master)).inSync.length === 2);
    expect(await cluster.produce(master, 'e')).toBe(code.NONE);
    expect(await cluster.consume(master)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('nor is it shown as soon as the slave has it: first the name server has to know that it counts', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    cluster.freeze(slave);
    await cluster.produce(master, 'b');
    await cluster.until(async () => (await cluster.partition(master)).inSync.length === 1);
    await cluster.killNameServer();
    cluster.thaw(slave);
    await cluster.produce(master, 'c');
    await cluster.pass(5000);
    // A power cut of the master would take it, and the slave would not have to be asked.
    expect(await cluster.consume(master)).toEqual(['a']);
    await cluster.startNameServer();
    await cluster.until(async () => String(await cluster.consume(master)) === 'a,b,c');
  });

  test('a producer that wants no answer is hung up on by a node that does not lead', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await expect(cluster.produce(slave, 'a', { acks: 0 })).rejects.toThrow(/closed/);
  });

  test('consumers see nothing that the slave does not have', async () => {
    await using cluster = await MemoryCluster.start([master, slave], { replicaLagMs: 10_000 });
    await cluster.produce(master, 'a');
    cluster.freeze(slave);
    expect(await cluster.produce(master, 'b')).toBe(code.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    expect(await cluster.consume(master)).toEqual(['a']);
    cluster.thaw(slave);
    await cluster.until(async () => String(await cluster.consume(master)) === 'a,b');
  });

  test('with two copies demanded nothing is appended while there is one', async () => {
    await using cluster = await MemoryCluster.start([master, slave], { inSyncReplicas: 2 });
    cluster.freeze(slave);
    expect(await cluster.produce(master, 'a')).toBe(code.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    await cluster.until(async () => (await cluster.partition(master)).inSync.length === 1);
    expect(await cluster.produce(master, 'b')).toBe(code.NOT_ENOUGH_REPLICAS);
    cluster.thaw(slave);
    await cluster.until(async () => (await cluster.partition(master)).inSync.length === 2);
    expect(await cluster.produce(master, 'c')).toBe(code.NONE);
    expect(await cluster.consume(master)).toEqual(['a', 'c']);
  });

  test('of two slaves, one that hangs costs no acknowledgement once it is out', async () => {
    await using cluster = await MemoryCluster.start([master, slave, second]);
    expect((await cluster.partition(master)).inSync).toEqual([master, slave, second]);
    cluster.freeze(second);
    expect(await cluster.produce(master, 'a')).toBe(code.NONE);
    expect((await cluster.partition(master)).inSync).toEqual([master, slave]);
  });

  test('without the name server nobody is let off: nothing is acknowledged that an in-sync slave lacks', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.killNameServer();
    expect(await cluster.produce(master, 'a')).toBe(code.NONE);
    cluster.freeze(slave);
    await cluster.pass(3000);
    expect(await cluster.produce(master, 'b')).toBe(code.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    await cluster.pass(5000);
    expect((await cluster.partition(master)).inSync).toEqual([master, slave]);
    expect(await cluster.consume(master)).toEqual(['a']);
    cluster.thaw(slave);
    await cluster.startNameServer();
    await cluster.until(async () => (await cluster.produce(master, 'c')) === code.NONE);
  });

  test('asynchronous replication waits for nobody', async () => {
    await using cluster = await MemoryCluster.start([master, slave], { replication: 'async' });
    cluster.freeze(slave);
    expect(await cluster.produce(master, 'a')).toBe(code.NONE);
    cluster.thaw(slave);
    await cluster.until(async () => (await cluster.end(slave)) > 0);
  });
});

describe('failover', () => {
  test('in-sync: nothing acknowledged is lost, the old leader is cut and follows', async () => {
    await using cluster = await MemoryCluster.start([master, slave], { replicaLagMs: 10_000 }, 'in-sync');
    expect(await cluster.produce(master, 'a')).toBe(code.NONE);
    await hang(cluster, slave);
    // At the master alone, and never acknowledged.
    expect(await cluster.produce(master, 'only here')).toBe(code.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    await cluster.kill(master);
    cluster.thaw(slave);
    await leads(cluster, slave);
    await cluster.produce(slave, 'b');
    await cluster.start(master);
    await cluster.until(async () => (await cluster.partition(slave)).inSync.length === 2);
    expect(cluster.logs.filter((line) => line.includes('cutting')).length).toBe(1);
    expect(await cluster.produce(slave, 'c')).toBe(code.NONE);
    expect(await cluster.consume(slave)).toEqual(['a', 'b', 'c']);
    expect(await cluster.produce(master, 'x')).toBe(code.NOT_LEADER_OR_FOLLOWER);
  });

  test('committed offsets and idempotent producers survive it', async () => {
    await using cluster = await MemoryCluster.start([master, slave], {}, 'in-sync');
    const sent = { producerId: 7, epoch: 0, sequence: 0 };
    expect(await cluster.produce(master, 'a', sent)).toBe(code.NONE);
    expect(await cluster.commit(master, 'g', 1)).toBe(code.NONE);
    await cluster.kill(master);
    await leads(cluster, slave);
    expect(await cluster.committed(slave, 'g')).toBe(1);
    await cluster.start(master);
    await cluster.until(async () => (await cluster.partition(slave)).inSync.length === 2);
    expect(await cluster.produce(slave, 'a again', sent)).toBe(code.NONE);
    expect(await cluster.produce(slave, 'b', { ...sent, sequence: 1 })).toBe(code.NONE);
    expect(await cluster.consume(slave)).toEqual(['a', 'b']);
  });

  test('a leader that was only cut off is fenced: it acknowledges nothing, and follows once it is back', async () => {
    await using cluster = await MemoryCluster.start([master, slave], {}, 'in-sync');
    await cluster.produce(master, 'a');
    cluster.freeze(master);
    await leads(cluster, slave);
    cluster.thaw(master);
    const late = await cluster.produce(master, 'late');
    expect([code.NOT_LEADER_OR_FOLLOWER, code.REQUEST_TIMED_OUT, code.NOT_ENOUGH_REPLICAS_AFTER_APPEND]).toContain(
      late,
    );
    await cluster.until(() => cluster.node(master).role === 'follower');
    await cluster.until(async () => (await cluster.partition(slave)).inSync.length === 2);
    expect(await cluster.produce(slave, 'b')).toBe(code.NONE);
    expect(await cluster.consume(slave)).toEqual(['a', 'b']);
  });

  test('in-sync: a slave that lags does not take over, and is not promoted by time', async () => {
    await using cluster = await MemoryCluster.start([master, slave], {}, 'in-sync');
    cluster.freeze(slave);
    await cluster.produce(master, 'a');
    await cluster.until(async () => (await cluster.partition(master)).inSync.length === 1);
    await cluster.kill(master);
    cluster.thaw(slave);
    await cluster.pass(10_000);
    expect((await cluster.partition(slave)).leader).toBe(master);
    await cluster.start(master);
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a']);
  });

  test('in-sync: nor does one that was in-sync in an earlier life and lost its power since', async () => {
    await using cluster = await MemoryCluster.start([master, slave], {}, 'in-sync');
    await cluster.produce(master, 'a');
    await cluster.kill(slave, 'power');
    await cluster.kill(master);
    await cluster.start(slave);
    await cluster.pass(10_000);
    expect((await cluster.partition(slave)).leader).toBe(master);
    await cluster.start(master);
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a']);
  });

  test('unclean: it does, and what only the dead one had is gone', async () => {
    await using cluster = await MemoryCluster.start([master, slave], {}, 'unclean');
    await cluster.produce(master, 'a');
    await hang(cluster, slave);
    await cluster.produce(master, 'b');
    await cluster.until(async () => (await cluster.partition(master)).inSync.length === 1);
    await cluster.kill(master);
    cluster.thaw(slave);
    await leads(cluster, slave);
    await cluster.start(master);
    await cluster.until(async () => (await cluster.partition(slave)).inSync.length === 2);
    expect(await cluster.consume(slave)).toEqual(['a']);
  });

  test('none: the set waits for its leader', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    await cluster.kill(master);
    await cluster.pass(10_000);
    expect((await cluster.partition(slave)).leader).toBe(master);
    await cluster.start(master);
    await leads(cluster, master);
    expect(cluster.node(master)).toMatchObject({ role: 'leader', epoch: 2 });
    expect(await cluster.consume(master)).toEqual(['a']);
  });
});

describe('recovery', () => {
  test('a leader that lost its power takes from its slave what it had acknowledged and not synced', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    await cluster.produce(master, 'b');
    await cluster.kill(master, 'power');
    await cluster.start(master);
    await leads(cluster, master);
    expect(cluster.logs.some((line) => /took \d+ bytes from/.test(line))).toBe(true);
    expect(await cluster.consume(master)).toEqual(['a', 'b']);
    expect(await cluster.produce(master, 'c')).toBe(code.NONE);
  });

  test('it does not serve before the slave can be asked, however long that takes', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    await cluster.kill(slave);
    await cluster.kill(master, 'power');
    await cluster.start(master);
    await cluster.pass(20_000);
    expect(cluster.node(master).role).toBe('follower');
    expect(await cluster.produce(master, 'x')).toBe(code.NOT_LEADER_OR_FOLLOWER);
    await cluster.start(slave);
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a']);
  });

  test('stopped while it waits, it still has to ask', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    await cluster.kill(slave);
    await cluster.kill(master, 'power');
    await cluster.start(master);
    await cluster.stop(master);
    await cluster.start(master);
    expect(cluster.node(master).role).toBe('follower');
    await cluster.start(slave);
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a']);
  });

  test('after a clean stop it need not ask', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    await cluster.kill(slave);
    await cluster.stop(master);
    await cluster.start(master);
    expect(cluster.node(master).role).toBe('leader');
    await cluster.until(async () => String(await cluster.consume(master)) === 'a');
  });

  test('unless its log was damaged meanwhile', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    await cluster.produce(master, 'b');
    await cluster.stop(master);
    const { files } = cluster.disk(master);
    const [name, log] = [...files].find(([path]) => path.startsWith('commit-log/')) ?? ['', Buffer.alloc(0)];
    files.set(name, log.subarray(0, -1));
    for (const path of files.keys()) if (path.startsWith('checkpoint-')) files.delete(path);
    expect((await cluster.start(master)).recovery).toMatchObject({ cleanStop: false, cut: { kind: 'torn' } });
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a', 'b']);
  });

  test('both killed and started again: all is there', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    await cluster.kill(master);
    await cluster.kill(slave);
    await cluster.start(slave);
    await cluster.start(master);
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a']);
    await cluster.until(async () => (await cluster.produce(master, 'b')) === code.NONE);
  });

  test('a leader whose disk is lost comes back empty and takes everything from its slave', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    await cluster.kill(master, 'wipe');
    await cluster.start(master);
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a']);
  });

  test('it waits even for a slave that is not in-sync, because that may be all there is', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    await hang(cluster, slave);
    await cluster.produce(master, 'b');
    await cluster.until(async () => (await cluster.partition(master)).inSync.length === 1);
    await cluster.kill(slave);
    await cluster.kill(master, 'wipe');
    await cluster.start(master);
    await cluster.pass(10_000);
    await cluster.kill(master);
    await cluster.start(master);
    expect(cluster.node(master).role).toBe('follower');
    await cluster.start(slave);
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a']);
  });

  test('nor does it take from one that is not in-sync what was replaced since on one that is', async () => {
    await using cluster = await MemoryCluster.start([master, slave, second], { replicaLagMs: 20_000 });
    expect(await cluster.produce(master, 'a')).toBe(code.NONE);
    await hang(cluster, slave);
    expect(await cluster.produce(master, 'only on the second')).toBe(code.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
    await cluster.kill(second);
    await cluster.kill(master, 'power');
    cluster.thaw(slave);
    await cluster.start(master);
    await leads(cluster, master);
    expect(await cluster.produce(master, 'b')).toBe(code.NONE);
    await hang(cluster, slave);
    await cluster.kill(master, 'power');
    await cluster.start(second);
    await cluster.start(master);
    await cluster.pass(5000);
    expect(cluster.node(master).role).toBe('follower');
    cluster.thaw(slave);
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a', 'b']);
  });

  test('promotion puts the slave in its place, and the empty one follows', async () => {
    await using cluster = await MemoryCluster.start([master, slave]);
    await cluster.produce(master, 'a');
    await cluster.kill(master, 'wipe');
    expect(await cluster.promote(slave)).toMatchObject({ errorCode: code.NONE, epoch: 2 });
    await leads(cluster, slave);
    await cluster.start(master);
    await cluster.until(async () => (await cluster.partition(slave)).inSync.length === 2);
    expect(await cluster.produce(slave, 'b')).toBe(code.NONE);
    expect(await cluster.consume(slave)).toEqual(['a', 'b']);
    expect((await cluster.promote(99)).errorCode).toBe(code.INVALID_REQUEST);
    expect((await cluster.promote(slave)).errorCode).toBe(code.INVALID_REQUEST);
    // And back again, while the other one lives.
    expect((await cluster.promote(master)).errorCode).toBe(code.NONE);
    await leads(cluster, master);
    await cluster.until(async () => (await cluster.produce(master, 'c')) === code.NONE);
    expect(await cluster.consume(master)).toEqual(['a', 'b', 'c']);
  });

  test('a slave chosen in the moment it lost its power still asks the old leader before it leads', async () => {
    await using cluster = await MemoryCluster.start([master, slave], {}, 'in-sync');
    await cluster.produce(master, 'a');
    await cluster.kill(master);
    // Chosen, but dead and poorer before it could lead.
    cluster.freeze(slave);
    await cluster.promote(slave);
    await cluster.kill(slave, 'power');
    await cluster.start(slave);
    await cluster.pass(5000);
    expect(cluster.node(slave).role).toBe('follower');
    await cluster.start(master);
    await leads(cluster, slave);
    expect(await cluster.consume(slave)).toEqual(['a']);
  });

  test('without the name server a set with slaves waits for it, one without serves', async () => {
    await using cluster = await MemoryCluster.start([master, slave, 2]);
    await cluster.produce(master, 'a');
    await cluster.killNameServer();
    for (const id of [master, 2]) await cluster.kill(id);
    for (const id of [master, 2]) await cluster.start(id);
    expect([cluster.node(master).role, cluster.node(2).role]).toEqual(['follower', 'leader']);
    await cluster.startNameServer();
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a']);
  });

  test('flush sync: what is acknowledged is on both disks', async () => {
    await using cluster = await MemoryCluster.start([master, slave], { flush: 'sync' });
    for (const value of ['a', 'b', 'c']) expect(await cluster.produce(master, value)).toBe(code.NONE);
    await cluster.kill(master, 'power');
    await cluster.kill(slave, 'power');
    await cluster.start(slave);
    await cluster.start(master);
    await leads(cluster, master);
    expect(await cluster.consume(master)).toEqual(['a', 'b', 'c']);
  });
});

/** It leads, and consumers are shown everything that they were ever shown. */
async function leads(cluster: MemoryCluster, id: number): Promise<void> {
  await cluster.until(() => cluster.node(id).role === 'leader');
  await cluster.until(async () => (await cluster.latest(id)) >= 0);
}

/** Long enough that no pull is open any more, which would be answered all the same. */
async function hang(cluster: MemoryCluster, id: number): Promise<void> {
  cluster.freeze(id);
  await cluster.pass(3000);
}
