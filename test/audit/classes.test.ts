/** One clean and one guilty history per class, and the cases that peers get wrong. */
import { describe, expect, test } from 'vitest';
import { deliveryFlags, none16, noPosition } from '../../src/journal/event.ts';
import { Story } from './support/story.ts';

const { redelivered, corrupt, misrouted, foreign, unidentified, weak } = deliveryFlags;
const sent = (count: number) => {
  const story = new Story();
  for (let seq = 0; seq < count; seq += 1) story.send(1, seq);
  return story;
};

const clean2 = () => new Story().send(1, 0).receive(1, 0);

describe('lost', () => {
  test('acked, drained, received by nobody', async () => {
    const { lines, counts, all } = await sent(2).receive(1, 0).audit();
    expect(lines).toEqual(['lost p1#1']);
    expect(counts).toMatchObject({ acked: 2, ackedDelivered: 1, lost: 1, lostProved: 0, lostUnproved: 1 });
    expect(all[0]).toMatchObject({
      proved: false,
      partition: 0,
      position: 1,
      attempts: 1,
      sentAtNs: 1e6,
      settledAtNs: 2e6,
    });
  });
  test('proved by a log that was read to its end, even without a drain', async () => {
    const story = sent(2).receive(1, 0).store(1, 0).read();
    story.drained = false;
    const { lines, counts, all } = await story.audit();
    expect(lines).toEqual(['lost p1#1']);
    expect(counts.lostProved).toBe(1);
    expect(all[0]?.proved).toBe(true);
  });
  test('not without a drain, not when the read began after it, not when the ack came after the read', async () => {
    const undrained = sent(1);
    undrained.drained = 'never';
    expect((await undrained.audit()).lines).toEqual(['unseen p1#0 g']);
    const aged = sent(1).read(0, 1);
    aged.drained = false;
    expect((await aged.audit()).lines).toEqual(['unseen p1#0 g']);
    const early = new Story().read().at(5).send(1, 0);
    early.drained = false;
    expect((await early.audit()).lines).toEqual(['unseen p1#0 g']);
  });
  test('what is in no partition that was read may be in one that nobody read, by whatever mistake', async () => {
    const story = new Story().send(1, 0, ['unknown'], { partition: 1 });
    story.partitions = 2;
    story.drained = false;
    const half = story.send(2, 0, ['acked'], { partition: 0 }).at(50).read(0);
    expect((await half.audit()).lines).toEqual(['pending p1#0', 'unseen p2#0 g']);
    expect((await half.read(1).audit()).lines).toEqual(['lost p2#0', 'pending p1#0']);
  });
  test('what was sent to a partition that the broker chose is in none of those that were read', async () => {
    const anywhere = { partition: none16, position: noPosition };
    const story = new Story().send(1, 0, ['acked'], anywhere).send(1, 1, ['unknown', 'acked'], anywhere);
    story.partitions = 2;
    story.drained = false;
    const half = story.at(50).read(0);
    expect((await half.audit()).lines).toEqual(['unseen p1#0 g', 'unseen p1#1 g']);
    expect((await half.read(1).audit()).lines).toEqual(['lost p1#0', 'lost p1#1']);
    expect((await story.read(1, 4).audit()).lines).toEqual(['unseen p1#0 g', 'unseen p1#1 g']);
  });
  test('a read that did not come to its end says why', async () => {
    const { reads } = await sent(1).receive(1, 0).at(50).read(0, 0, false, 'no broker answers').audit();
    expect(reads).toMatchObject([{ partition: 0, complete: false, reason: 'no broker answers' }]);
  });
  test('what is in the dead letter topic is no loss, nor is it a receipt that the next one repeats', async () => {
    const { lines, counts } = await sent(1).bury(1, 0).audit();
    expect(lines).toEqual([]);
    expect(counts).toMatchObject({ ackedDelivered: 1, deadLetters: 1, deliveries: 0 });
    expect((await sent(1).bury(1, 0).receive(1, 0).audit()).lines).toEqual([]);
  });
  test('what a consumer says that it put there is lost if nobody received it and it is not there', async () => {
    const said = { kind: 'deadLettered', producer: 1, seq: 0, group: 0, session: 1, attempt: 16 } as const;
    const { lines, counts } = await sent(1).consume(said).audit();
    expect(lines).toEqual(['lost p1#0']);
    expect(counts).toMatchObject({ ackedDelivered: 0, deadLettered: 1 });
  });
  test('a dead letter of a message that was never attempted marks nobody', async () => {
    const dead = { kind: 'deadLettered', producer: 1, seq: 32, group: 0, session: 1, attempt: 16 } as const;
    const story = new Story()
      .send(1, 0)
      .send(2, 0)
      .receive(1, 0)
      .consume(dead)
      .consume({ ...dead, seq: 0, group: 9 });
    expect((await story.audit()).lines).toEqual(['lost p2#0']);
  });
  test('a receipt that may be missing by automatic acks is no loss', async () => {
    const story = sent(2).receive(1, 0, { flags: weak });
    expect((await story.audit()).lines).toEqual(['lost p1#1']);
    const killed = await story.end('c1', { closed: false }).audit();
    expect(killed.lines).toEqual(['unseen p1#1 g']);
    expect(killed.verdict.reasons[0]).toMatch(/c1.journal: its writer was killed while it acknowledged automatically/);
  });
});

test('rolled back: received, and gone from the log; retention aside', async () => {
  const { lines, counts } = await sent(2).receive(1, 0).receive(1, 1).store(1, 0).read().audit();
  expect(lines).toEqual(['rolled-back p1#1']);
  expect(counts).toMatchObject({ ackedDelivered: 2, rolledBack: 1, lost: 0 });
  expect((await sent(1).receive(1, 0).read(0, 1).audit()).lines).toEqual([]);
  expect((await sent(1).receive(1, 0).read(0, 0, false).audit()).lines).toEqual([]);
});

test('skipped: stored or received by another group, never by one that is drained', async () => {
  expect((await sent(1).store(1, 0).read().audit()).lines).toEqual(['skipped p1#0 g']);
  const groups = sent(2).receive(1, 0, { group: 0 }).receive(1, 1, { group: 0 }).receive(1, 1, { group: 1 });
  groups.groups = ['a', 'b'];
  const { lines, counts } = await groups.audit();
  expect(lines).toEqual(['skipped p1#0 b']);
  expect(counts).toMatchObject({ ackedDelivered: 1, skipped: 1 });
});

test('unseen names the group when only one misses the message', async () => {
  const story = sent(2).receive(1, 0, { group: 1 });
  story.groups = ['a', 'b'];
  story.drained = false;
  expect((await story.audit()).lines).toEqual(['unseen p1#0 a', 'unseen p1#1']);
});

describe('duplicates', () => {
  test('two positions are two copies, one position is a delivery again, the broker may say so', async () => {
    const { all, counts } = await sent(3)
      .receive(1, 0)
      .receive(1, 0, { position: 9 })
      .receive(1, 1)
      .receive(1, 1, { flags: redelivered })
      .receive(1, 2)
      .audit();
    expect(all.map((each) => [each.class, each.message, each.position, each.redelivered])).toEqual([
      ['duplicate-stored', 'p1#0', 9, false],
      ['duplicate-delivered', 'p1#1', 1, true],
    ]);
    expect(counts).toMatchObject({ extraDeliveries: 2, extraFlagged: 1, deliveries: 5 });
  });
  test('one position in two epochs, or in two partitions, is two copies', async () => {
    const epochs = sent(1).receive(1, 0, { epoch: 1 }).receive(1, 0, { epoch: 2 });
    expect((await epochs.audit()).lines).toEqual(['duplicate-stored p1#0 g']);
    const partitions = sent(1).receive(1, 0).receive(1, 0, { partition: 1 });
    expect((await partitions.audit()).lines).toEqual(['duplicate-stored p1#0 g']);
  });
  test('the log shows a copy that nobody received; the reader may read twice', async () => {
    const { lines } = await sent(1).receive(1, 0).store(1, 0).store(1, 0).store(1, 0, { position: 7 }).read().audit();
    expect(lines).toEqual(['duplicate-stored p1#0']);
    expect((await sent(1).receive(1, 0).store(1, 0).store(1, 0).read().audit()).lines).toEqual([]);
  });
  test('undecided: no positions, an epoch beyond the ceiling, epochs known only sometimes', async () => {
    const none = sent(1).receive(1, 0).receive(1, 0);
    none.positions = 'none';
    expect((await none.audit()).lines).toEqual(['duplicate-undecided p1#0 g']);
    const high = sent(1).receive(1, 0, { epoch: 300 }).receive(1, 0, { epoch: 301 });
    expect((await high.audit()).lines).toEqual(['duplicate-undecided p1#0 g']);
    const mixed = sent(1).receive(1, 0, { epoch: 3 }).receive(1, 0);
    expect((await mixed.audit()).lines).toEqual(['duplicate-undecided p1#0 g']);
  });
  test('none: two groups, a retry that was recovered, a phantom', async () => {
    const groups = sent(1).receive(1, 0).receive(1, 0, { group: 1 });
    groups.groups = ['a', 'b'];
    expect((await groups.audit()).lines).toEqual([]);
    expect((await new Story().send(1, 0, ['unknown', 'acked']).receive(1, 0).audit()).lines).toEqual([]);
    const ghost = sent(1).receive(1, 0).receive(1, 9).receive(1, 9);
    expect((await ghost.audit()).lines).toEqual(['phantom p1#9 g']);
  });
});

describe('not acked', () => {
  test('recovered, contradicted, pending, undelivered', async () => {
    const story = new Story()
      .send(1, 0, ['unknown'])
      .send(1, 1, ['rejected', 'rejected'])
      .send(1, 2, ['unknown'])
      .send(1, 3, ['rejected'])
      .receive(1, 0)
      .receive(1, 1);
    const drained = await story.audit();
    expect(drained.lines).toEqual(['contradicted p1#1', 'recovered p1#0', 'undelivered p1#2', 'undelivered p1#3']);
    expect(drained.counts).toMatchObject({ unknown: 2, rejected: 2, undeliveredTold: 2 });
    story.drained = false;
    const open = await story.audit();
    expect(open.lines).toEqual(['contradicted p1#1', 'pending p1#2', 'pending p1#3', 'recovered p1#0']);
  });
  test('undelivered: told, silent, died with its producer', async () => {
    const story = new Story()
      .send(1, 0, ['unknown'])
      .send(1, 1, ['sent'])
      .send(1, 2, ['rejected', 'none'])
      .send(1, 3, ['sent', 'rejected']);
    const closed = await story.audit();
    const how = (all: typeof closed.all) => all.filter((each) => each.class === 'undelivered').map((each) => each.how);
    expect(how(closed.all)).toEqual(['told', 'silent', 'silent', 'told']);
    expect(closed.lines.slice(4)).toEqual(['undelivered-silent p1#1', 'undelivered-silent p1#2']);
    expect(closed.counts).toMatchObject({ undeliveredTold: 2, undeliveredSilent: 2, undeliveredDied: 0 });
    const killed = await story.end('p1', { closed: false }).audit();
    expect(how(killed.all)).toEqual(['told', 'silent', 'died', 'told']);
    expect(killed.counts).toMatchObject({ undeliveredTold: 2, undeliveredSilent: 1, undeliveredDied: 1 });
  });
  test('degraded: lost only by a proven drain, and only when not in the log', async () => {
    const story = () => new Story().send(1, 0, ['degraded']).send(1, 1, ['degraded', 'unknown']).receive(1, 1);
    const { lines, counts } = await story().audit();
    expect(lines).toEqual(['degraded-lost p1#0']);
    expect(counts).toMatchObject({ degraded: 2, degradedLost: 1, degradedDelivered: 1 });
    const inLog = await story().store(1, 0).store(1, 1).read().audit();
    expect(inLog.counts).toMatchObject({ degradedLost: 0, degradedDelivered: 2 });
  });
  test('stored, not received: pending until the drain is proven, then recovered', async () => {
    const story = new Story().send(1, 0, ['unknown']).store(1, 0).read();
    expect((await story.audit()).lines).toEqual(['recovered p1#0']);
    story.drained = false;
    expect((await story.audit()).lines).toEqual(['pending p1#0']);
  });
  test('a producer whose journal was cut may have tried again: nothing is contradicted', async () => {
    const story = new Story().send(1, 0, ['rejected']).receive(1, 0);
    expect((await story.audit()).lines).toEqual(['contradicted p1#0']);
    expect((await story.end('p1', { closed: false }).audit()).lines).toEqual(['contradicted p1#0']);
    const cut = await story.end('p1', { closed: false, noted: false }).audit();
    expect(cut.lines).toEqual(['recovered p1#0']);
  });
});

describe('strangers', () => {
  test('phantom: beyond a whole journal, of no producer, of another run; seen by several, counted once', async () => {
    const story = sent(1)
      .receive(1, 0)
      .receive(1, 1)
      .receive(1, 1, {}, 'c2')
      .receive(9, 0)
      .receive(1, 0, { flags: foreign });
    const { lines, counts, verdict } = await story.audit({ limits: { phantom: 0 } });
    expect(lines).toEqual(['phantom 1#0 of another run g', 'phantom p1#1 g', 'phantom p9#0 g']);
    expect(counts).toMatchObject({ phantom: 3, beyond: 0, deliveries: 5 });
    expect(verdict.value).toBe('fail');
  });
  test('beyond: the journal that could name it was cut or is unknown', async () => {
    const cut = await sent(1).receive(1, 0).receive(1, 1).end('p1', { closed: false, noted: false }).audit();
    expect(cut.lines).toEqual([]);
    expect(cut.counts.beyond).toBe(1);
    expect(cut.verdict.reasons).toContain('the journals of producers end before 1 message that the consumers received');
    const unclosed = sent(1).receive(1, 0).receive(9, 0);
    unclosed.runnerClosed = false;
    expect((await unclosed.audit()).counts).toMatchObject({ beyond: 1, phantom: 0 });
  });
  test('corrupt counts as delivered; without identity it is of nobody', async () => {
    const story = sent(1)
      .receive(1, 0, { flags: corrupt })
      .receive(5, 5, { flags: unidentified | corrupt, position: 4 });
    const { lines, counts } = await story.receive(6, 6, { flags: unidentified, position: 4 }).audit();
    expect(lines).toEqual(['corrupt g', 'corrupt p1#0 g']);
    expect(counts).toMatchObject({ corrupt: 2, unidentified: 1, ackedDelivered: 1 });
  });
  describe('a damaged identity at the place of an ack is that message, corrupt', () => {
    const at = (position: number, epoch?: number) => ({
      ...{ flags: unidentified, position },
      ...(epoch === undefined ? {} : { epoch }),
    });
    const nobody = [none16, 0] as const;

    test('it is not lost', async () => {
      const { lines, counts } = await sent(2)
        .receive(1, 0)
        .receive(...nobody, at(1))
        .audit();
      expect(lines).toEqual(['corrupt p1#1 g']);
      expect(counts).toMatchObject({ corrupt: 1, unidentified: 0, ackedDelivered: 2, lost: 0 });
    });
    test('found in the log: it is there', async () => {
      const story = sent(2)
        .receive(1, 0)
        .store(1, 0)
        .store(...nobody, at(1))
        .read();
      const { lines } = await story.audit();
      expect(lines).toEqual(['corrupt p1#1', 'skipped p1#1 g']);
    });
    test('after the log went back, the last ack names it', async () => {
      const story = new Story().send(1, 0, ['acked'], { position: 7 }).send(1, 1, ['acked'], { position: 7 });
      expect((await story.receive(...nobody, at(7)).audit()).lines).toEqual(['corrupt p1#1 g', 'lost p1#0']);
    });
    test('another epoch is another place', async () => {
      const story = new Story().send(1, 0, ['acked'], { position: 7, epoch: 1 });
      expect((await story.receive(...nobody, at(7, 2)).audit()).lines).toEqual(['corrupt g', 'lost p1#0']);
    });
    test('nobody could process it: it misses no effect', async () => {
      const { counts } = await sent(2)
        .receive(1, 0)
        .receive(...nobody, at(1))
        .hold(1, 0)
        .audit();
      expect(counts).toMatchObject({ processable: 1, effectOnce: 1, effectNone: 0 });
    });
    test('a dead letter and a message of the log at one position are two', async () => {
      const story = sent(2)
        .receive(1, 0)
        .receive(...nobody, at(1));
      story.buryUnidentified(1);
      expect((await story.audit()).counts).toMatchObject({ corrupt: 2, unidentified: 1, ackedDelivered: 2 });
    });
    test('a position of a dead letter is none of the log', async () => {
      const story = sent(2).receive(1, 0).receive(1, 1);
      story.buryUnidentified(1);
      expect((await story.audit()).counts).toMatchObject({ corrupt: 1, unidentified: 1, ackedDelivered: 2 });
    });
  });
  test('misrouted', async () => {
    expect((await sent(1).receive(1, 0, { flags: misrouted }).audit()).lines).toEqual(['misrouted p1#0 g']);
  });
});

describe('reordered', () => {
  const order = (seqs: readonly number[], places: readonly object[] = []) => {
    const story = sent(4);
    for (const [index, seq] of seqs.entries()) story.receive(1, seq, { position: 100 + index, ...places[index] });
    return story;
  };
  test('backwards within one session and partition', async () => {
    expect((await order([0, 2, 1, 3]).audit()).lines).toEqual(['reordered p1#1 g']);
    expect((await order([0, 1, 2, 3]).audit()).lines).toEqual([]);
  });
  test('not across sessions, partitions, epochs, assignments; not redeliveries, not repeats', async () => {
    for (const other of [{ session: 2 }, { partition: 1 }, { epoch: 5 }, { flags: redelivered }]) {
      expect((await order([0, 2, 1, 3], [{}, {}, other, { session: 3 }]).audit()).lines).toEqual([]);
    }
    const assigned = { kind: 'assigned', assignment: 'assigned', group: 0, session: 1, partition: 0 } as const;
    const story = sent(2).receive(1, 1).consume(assigned).receive(1, 0);
    expect((await story.audit()).lines).toEqual([]);
    const elsewhere = sent(2)
      .receive(1, 1)
      .consume({ ...assigned, partition: 1 })
      .receive(1, 0);
    expect((await elsewhere.audit()).lines).toEqual(['reordered p1#0 g']);
    expect((await sent(2).receive(1, 0).receive(1, 1).receive(1, 0).audit()).lines).toEqual([
      'duplicate-delivered p1#0 g',
    ]);
  });
  test('what its producer sent again is counted by itself', async () => {
    const { lines, counts } = await order([0, 2, 1, 3], [{}, {}, { sendAttempt: 2 }]).audit();
    expect(lines).toEqual([]);
    expect(counts).toMatchObject({ reordered: 0, reorderedRetries: 1 });
  });
  test('a phantom with a huge sequence poisons no watermark', async () => {
    const story = sent(2).receive(1, 0).receive(1, 4e9, { position: 50 }).receive(1, 1);
    expect((await story.audit()).lines).toEqual(['phantom p1#4000000000 g']);
  });
  test('other producers have watermarks of their own', async () => {
    const story = new Story().send(1, 0).send(1, 1).send(2, 0).send(2, 1);
    story
      .receive(1, 1, { position: 5 })
      .receive(2, 0, { position: 6 })
      .receive(1, 0, { position: 7 })
      .receive(2, 1, { position: 8 });
    expect((await story.audit()).lines).toEqual(['reordered p1#0 g']);
  });
});

test('lines say when, beyond the 32 bits of a nanosecond, and which producer', async () => {
  const story = new Story()
    .at(60_000)
    .send(1, 0, ['none'])
    .send(2, 0)
    .at(70_000)
    .send(2, 1, ['sent'])
    .send(2, 2, ['none']);
  story.receive(2, 0).at(80_000).receive(2, 0);
  const { all } = await story.end('p2', { closed: false }).audit();
  expect(
    all.map(({ message, how, sentAtNs, settledAtNs, receivedAtNs }) => [
      message,
      how,
      sentAtNs,
      settledAtNs,
      receivedAtNs,
    ]),
  ).toEqual([
    ['p1#0', 'silent', 60_000e6, 80_000e6, undefined], // to the end of its journal
    ['p1#0', undefined, 60_000e6, 80_000e6, undefined], // undelivered-silent
    ['p2#1', 'silent', 70_000e6, 70_001e6, undefined],
    ['p2#1', undefined, 70_000e6, 70_001e6, undefined],
    ['p2#2', 'died', 70_001e6, 70_001e6, undefined],
    ['p2#0', undefined, 60_001e6, 60_002e6, 80_000e6],
  ]);
});

test('faults are told in the order of their injection', async () => {
  const story = clean2().fault('f2', 300, 400).fault('f1', 100, 200);
  expect((await story.audit()).faults.map((each) => each.id)).toEqual(['f1', 'f2']);
});

describe('attribution', () => {
  test('during one window is likely, during two possible, before the next possible, after all none', async () => {
    const story = new Story().fault('f1', 100, 200).fault('f2', 150, 300).fault('f3', 1000, 1100);
    story.at(110).send(1, 0).at(160).send(1, 1).at(500).send(1, 2).at(2000).send(1, 3);
    const { all, faults } = await story.audit();
    const lost = all.filter((each) => each.class === 'lost');
    expect(lost.map(({ fault, otherFaults, when, confidence }) => [fault, otherFaults, when, confidence])).toEqual([
      ['f1', undefined, 'during', 'likely'],
      ['f1', ['f2'], 'during', 'possible'],
      ['f3', undefined, 'after', 'possible'],
      [undefined, undefined, undefined, undefined],
    ]);
    expect(faults.map((each) => [each.id, each.lostMessages])).toEqual([
      ['f1', 2],
      ['f2', 0],
      ['f3', 1],
    ]);
    expect(faults.map((each) => each.lossWindowMs)).toEqual([undefined, 39, 839]);
  });
  test('what was acked while a fault was being injected was acked before it, not before the next', async () => {
    const detail = { id: 'f1', do: 'power-loss', targets: ['b1'] };
    const story = new Story().at(100).run({ kind: 'fault', step: 'injecting', fault: 1, detail });
    story.at(105).send(1, 0).at(120).run({ kind: 'fault', step: 'injected', fault: 1, detail });
    story.at(200).run({ kind: 'fault', step: 'healed', fault: 1, detail }).fault('f2', 300, 400);
    const { faults } = await story.audit();
    expect(faults.map((each) => [each.lostMessages, each.lossWindowMs])).toEqual([
      [1, 0],
      [0, undefined],
    ]);
  });
  test('of a log that is read, only a fault on servers can have taken a message', async () => {
    const story = new Story().fault('f1', 100, 200, 'c1').fault('f2', 150, 170, 'p1').fault('f3', 160, 180, 'store');
    story.at(165).send(1, 0).send(1, 1).receive(1, 1).store(1, 1).fault('f4', 400, 500).read();
    const { all, faults } = await story.audit();
    expect(all).toMatchObject([{ class: 'lost', proved: true, fault: 'f4', when: 'after' }]);
    expect(faults.map((each) => each.lostMessages)).toEqual([0, 0, 0, 1]);
  });
  test('where no log is read, a consumer that died may have taken it', async () => {
    const story = new Story().fault('f1', 100, 200, 'c1').fault('f2', 150, 170, 'p1');
    const { all } = await story.at(165).send(1, 0).send(1, 1).receive(1, 1).audit();
    expect(all).toMatchObject([{ class: 'lost', fault: 'f1', when: 'during' }]);
  });
  test('a fault after the harm was seen has no part in it', async () => {
    const story = new Story().at(1).send(1, 0).at(10).receive(1, 0, { flags: corrupt }).fault('f1', 50, 60);
    expect((await story.audit()).all).toMatchObject([{ class: 'corrupt', fault: undefined }]);
  });
  test('a delivery again is attributed to what happened between ack and repeat', async () => {
    const story = new Story().at(1).send(1, 0).fault('f1', 50, 60).at(40).receive(1, 0).at(70).receive(1, 0);
    const { all } = await story.audit();
    expect(all[0]).toMatchObject({ class: 'duplicate-delivered', fault: 'f1', when: 'during', receivedAtNs: 70e6 });
  });
});

describe('unavailable', () => {
  const run = (ackedMs: readonly number[], fault: [number, number], open: readonly number[] = []) => {
    const story = new Story();
    for (const [seq, ms] of ackedMs.entries())
      story
        .at(ms - 1)
        .send(1, seq)
        .receive(1, seq);
    for (const [index, ms] of open.entries()) story.at(ms).send(1, ackedMs.length + index, ['unknown']);
    return story.fault('f1', ...fault);
  };
  test('a gap that overlaps the fault and is far longer than usual', async () => {
    const { all, faults, counts } = await run([10, 20, 30, 1030, 1040], [35, 40], [31]).audit();
    expect(all.filter((each) => each.class === 'unavailable')).toEqual([
      { class: 'unavailable', fault: 'f1', when: 'during', gapMs: 999, recovered: true, partition: 0 },
    ]);
    expect(faults[0]).toMatchObject({ recoveryMs: 999, recovered: true, recoveryPartition: 0 });
    expect(counts.unavailable).toBe(1);
  });
  test('not when acks pause like that anyway, nor below half a second', async () => {
    expect((await run([10, 210, 410, 1410], [500, 510], [11, 411]).audit()).counts.unavailable).toBe(0);
    const short = await run([10, 20, 400, 410], [30, 40], [21]).audit();
    expect(short.counts.unavailable).toBe(0);
    expect(short.faults[0]?.recoveryMs).toBe(379);
  });
  test('not when nobody asked in the meantime, or who asked is dead', async () => {
    expect((await run([10, 20, 30, 7000], [35, 40]).audit()).counts.unavailable).toBe(0);
  });
  test('not recovered: attempts went on and no ack came again; the probe of the drain knows better', async () => {
    const story = () => run([10, 20], [25, 30], [100, 900]);
    const unprobed = story();
    unprobed.drained = 'never';
    const { faults, all } = await unprobed.audit();
    expect(faults[0]).toMatchObject({ recovered: false, recoveryMs: 800 });
    expect(all.find((each) => each.class === 'unavailable')?.recovered).toBe(false);
    expect((await story().audit()).faults[0]).toMatchObject({ recovered: true, recoveryMs: 800 });
    const failed = story().at(2000).run({ kind: 'drain', step: 'probed', ok: false, detail: {} });
    failed.drained = 'never';
    expect((await failed.audit()).faults[0]).toMatchObject({ recovered: false, recoveryMs: 1900 });
  });
  test('undecided when a journal of a producer was cut', async () => {
    const { findings, lines } = await run([10, 20, 30, 1030], [35, 40])
      .end('p1', { closed: false, noted: false })
      .audit();
    expect(lines).toEqual([]);
    expect(findings.find((each) => each.class === 'unavailable')?.undecided).toMatch(/not whole/);
  });
});
