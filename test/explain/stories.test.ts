/** What is said of a message of each class, and how sure. Journals are written by the project's own writers. */
import { describe, expect, test } from 'vitest';
import { deliveryFlags } from '../../src/journal/event.ts';
import { Story } from '../audit/support/story.ts';
import { classesOf, tell, textOf, whatOf } from './support/told.ts';

const { redelivered, corrupt, misrouted } = deliveryFlags;

describe('lost', () => {
  test('before a power cut whose evidence says how much it took: both are told, and no more', async () => {
    const detail = { id: 'f1', do: 'power-loss', targets: ['b1'] };
    const cutPower = { droppedBytes: 2048, cut: [{ file: 'a.log', droppedBytes: 2048 }] };
    const evidence = [{ target: 'b1', cutPower }];
    const run = new Story().at(10).send(1, 0).at(20).run({ kind: 'fault', step: 'injecting', fault: 0, detail });
    run
      .at(21)
      .run({ kind: 'fault', step: 'injected', fault: 0, detail: { ...detail, evidence } })
      .at(90)
      .read();
    const { conclusion } = await tell(run, 'p1:0');
    expect(conclusion?.sentence).toMatch(
      /f1: b1 lost 2 KiB not synced \(a\.log 2 KiB\); whether it was in that no record says\.$/,
    );
  });

  test('with a reader: proved, with who stands there now and the fault in force', async () => {
    const run = new Story().at(10).send(1, 0).send(2, 5).fault('f1', 5, 40).store(2, 5, { position: 0 }).at(90).read();
    const story = await tell(run, 'p1:0');
    expect(classesOf(story)).toEqual(['lost']);
    expect(story.places).toMatchObject([{ partition: 0, position: 0, holds: 'another', message: 'p2#5' }]);
    expect(story.absences).toEqual([
      'no journal of a consumer is there to say whether it was received',
      'the independent reader read all 1 partitions to their ends, and it is not there',
    ]);
    expect(story.conclusion).toMatchObject({
      certainty: 'proved',
      sentence:
        'Lost: acked at position 0 of partition 0 at 0.011 s; f1 (kill b1) was in force then; the log was read to its end without it; p2#5 stands there now; no record says by what it was lost.',
    });
    expect(story.conclusion.by).toEqual([
      'p1.journal record 1',
      'the reads of the independent reader',
      'reader.journal record 0',
    ]);
  });

  test('without a reader: by the drain, and only likely', async () => {
    const story = await tell(new Story().send(1, 0).send(1, 1).receive(1, 0), 'p1#1');
    expect(classesOf(story)).toEqual(['lost']);
    expect(story.conclusion).toMatchObject({
      certainty: 'likely',
      by: ['p1.journal record 3', 'the drain of every group'],
    });
    expect(story.conclusion.sentence).toContain('no group received it, and no log was read');
    expect(story.absences[0]).toMatch(/^no receipt by group g in the records of 1 consumer; it was drained at/);
    expect(story.places).toMatchObject([{ holds: 'none' }]);
  });

  test('a fault that came later is not said to have done it', async () => {
    const run = new Story().send(1, 0).fault('f1', 5000, 6000).receive(1, 9);
    const { conclusion } = await tell(run, 'p1#0');
    expect(conclusion.sentence).toContain('f1 (kill b1) came 4.999 s later');
    expect(conclusion.sentence).not.toMatch(/because|caused/);
  });

  test('degraded and gone', async () => {
    const story = await tell(new Story().send(1, 0, ['degraded']).send(1, 1).receive(1, 1), 'p1#0');
    expect(classesOf(story)).toEqual(['degraded-lost']);
    expect(story.conclusion.sentence).toMatch(/stored, and not protected as asked\.$/);
  });
});

test('rolled back: received, and gone from the log', async () => {
  const run = new Story().send(1, 0).receive(1, 0).send(2, 0).store(2, 0, { position: 0 }).at(90).read();
  const story = await tell(run, 'p1#0');
  expect(classesOf(story)).toEqual(['rolled-back']);
  expect(story.conclusion.sentence).toMatch(/^Rolled back: acked .*received by c1 at .*p2#0 stands there now/);
  expect(story.conclusion.certainty).toBe('proved');
});

describe('skipped', () => {
  const skipped = () => {
    const run = new Story();
    run.groups = ['g', 'h'];
    return run.send(1, 0).receive(1, 0, { group: 1 }, 'c2').send(1, 1).receive(1, 1);
  };
  test('names the commit that went past it', async () => {
    const ack = { kind: 'ack', group: 0, session: 1, partition: 0, position: 2 } as const;
    const run = skipped()
      .consume({ ...ack, step: 'sent' })
      .consume({ ...ack, step: 'confirmed' });
    const story = await tell(run, 'p1#0');
    expect(classesOf(story)).toEqual(['skipped']);
    expect(story.conclusion).toMatchObject({ certainty: 'proved', by: ['c1.journal record 2', 'p1.journal record 1'] });
    expect(story.conclusion.sentence).toMatch(
      /^Passed over by g: c1 committed position 2 for g at .*another group received it/,
    );
  });
  test('without one nobody is blamed', async () => {
    const { conclusion } = await tell(skipped(), 'p1#0');
    expect(conclusion).toMatchObject({ certainty: 'unknown' });
    expect(conclusion.sentence).toContain('no record of a commit says by whom');
  });
});

test('unseen is never a loss', async () => {
  const run = new Story().send(1, 0).send(1, 1).receive(1, 1);
  run.drained = false;
  const story = await tell(run, 'p1#0');
  expect(classesOf(story)).toEqual(['unseen']);
  expect(story.conclusion.certainty).toBe('unknown');
  expect(story.conclusion.sentence).toMatch(/^Open: acknowledged .*no proof of a loss\.$/);
});

describe('duplicates', () => {
  test('by a retry: the attempt whose answer was missing, and the one that stored it again', async () => {
    const run = new Story().send(1, 0, ['unknown', 'acked'], { position: 4 });
    run.receive(1, 0, { position: 2, sendAttempt: 1 }).receive(1, 0, { position: 4, sendAttempt: 2 });
    const story = await tell(run, 'p1#0');
    expect(classesOf(story)).toEqual(['duplicate-stored']);
    expect(story.conclusion).toMatchObject({ certainty: 'proved' });
    expect(story.conclusion.sentence).toMatch(
      /^Stored twice, at positions 2 of partition 0 and 4 of partition 0: attempt 1 ended as unknown and had been stored all the same, and attempt 2 at 0\.001 s stored it again\.$/,
    );
  });
  test('by the broker: both copies carry one attempt', async () => {
    const run = new Story().send(1, 0).receive(1, 0).receive(1, 0, { position: 7 });
    const { conclusion } = await tell(run, 'p1#0');
    expect(conclusion.sentence).toContain('both copies carry attempt 1');
  });
  test('by a redelivery: who had it, whether it had committed, and how it ended', async () => {
    const run = new Story().send(1, 0).receive(1, 0).at(50).receive(1, 0, { flags: redelivered, session: 2 }, 'c2');
    const story = await tell(
      run.at(20).run({
        kind: 'worker',
        state: 'exited',
        detail: { name: 'c1', role: 'consumer', journal: 'c1.journal', signal: 'SIGKILL', exitCode: null },
      }),
      'p1#0',
    );
    expect(classesOf(story)).toEqual(['duplicate-delivered']);
    expect(story.conclusion.sentence).toMatch(
      /^Redelivered to g: c1 received it at 0\.001 s; it recorded no commit behind it, and c1 ended by SIGKILL at 0\.020 s; c2 got it again from the same position at 0\.050 s, which the broker flagged as a redelivery\.$/,
    );
    expect(story.conclusion.by).toEqual(['c1.journal record 0', 'c2.journal record 0']);
  });
  test('although it was committed', async () => {
    const ack = { kind: 'ack', group: 0, session: 1, partition: 0, position: 1 } as const;
    const run = new Story()
      .send(1, 0)
      .receive(1, 0)
      .at(5)
      .consume({ ...ack, step: 'sent' });
    run
      .consume({ ...ack, step: 'confirmed' })
      .at(50)
      .receive(1, 0, { session: 2 }, 'c2');
    const story = await tell(run, 'p1#0');
    expect(story.conclusion.sentence).toContain('it had committed position 1 at 0.005 s');
    expect(whatOf(story)).toEqual(['sent', 'answered', 'received', 'commit', 'commit', 'received']);
  });
  test('undecided where there are no positions', async () => {
    const run = new Story();
    run.positions = 'none';
    const story = await tell(run.send(1, 0).receive(1, 0).receive(1, 0), 'p1#0');
    expect(classesOf(story)).toEqual(['duplicate-undecided']);
    expect(story.conclusion.certainty).toBe('unknown');
  });
});

describe('without an acknowledgement', () => {
  test('recovered: the reason why nobody knew', async () => {
    const run = new Story();
    const story = await tell(run.send(1, 0, ['unknown']).receive(1, 0), 'p1#0');
    expect(classesOf(story)).toEqual(['recovered']);
    expect(story.outcome).toBe('unknown');
    expect(story.conclusion.sentence).toMatch(
      /^Only the answer was missing: attempt 1 ended as unknown at 0\.001 s, after 1 ms; it was stored at position 0 of partition 0, and c1 received it at .* all the same\.$/,
    );
  });
  test('recovered: its producer was killed before it recorded an outcome', async () => {
    const run = new Story().send(1, 0, ['none']).receive(1, 0).end('p1', { closed: false });
    const story = await tell(run, 'p1#0');
    expect(classesOf(story)).toEqual(['recovered']);
    expect(story.conclusion.sentence).toContain('has no recorded outcome: p1.journal ends without its mark');
    expect(story.absences).toContain('attempt 1 has no outcome in the journal of p1');
  });
  test('recovered: its producer contradicted itself', async () => {
    const story = await tell(new Story().send(1, 0).receive(1, 0).disown(1, 0), 'p1#0');
    expect(classesOf(story)).toEqual(['recovered']);
    expect(story.outcome).toBe('unknown');
    expect(story.conclusion.sentence).toContain('p1 contradicted its own answer at');
    expect(textOf(story)).toContain('contradicts its own answer, so that none of them counts');
  });
  test('undelivered, pending and contradicted', async () => {
    const told = await tell(new Story().send(1, 0, ['rejected']).receive(1, 9), 'p1#0');
    expect(classesOf(told)).toContain('undelivered');
    expect(told.conclusion.sentence).toContain('the application was told');
    const open = new Story().send(1, 0, ['unknown']).receive(1, 9);
    open.drained = false;
    expect((await tell(open, 'p1#0')).conclusion.certainty).toBe('unknown');
    const { conclusion } = await tell(new Story().send(1, 0, ['rejected']).receive(1, 0), 'p1#0');
    expect(conclusion.sentence).toMatch(/^Contradicted: attempt 1 ended as rejected at .*it is at position 0/);
  });
});

describe('deliveries', () => {
  test('a phantom, of a producer that is known and of one that is not', async () => {
    const run = new Story().send(1, 0).receive(1, 0).receive(1, 7).receive(9, 3);
    const story = await tell(run, 'p1#7');
    expect(classesOf(story)).toEqual(['phantom']);
    expect(story.outcome).toBe('none');
    expect(story.conclusion.sentence).toMatch(/^Delivered, and never sent: c1 received it at position 7/);
    expect(story.absences).toContain('no attempt to send it is recorded');
    expect((await tell(run, '9#3')).conclusion.by).toEqual(['c1.journal record 2']);
  });
  test('corrupt, misrouted, reordered', async () => {
    const bad = await tell(new Story().send(1, 0).receive(1, 0, { flags: corrupt }), 'p1#0');
    expect(bad.conclusion.sentence).toMatch(/^Damaged: the checksum/);
    const run = new Story().send(1, 0, ['acked'], { partition: 1 });
    run.partitions = 2;
    const wrong = await tell(run.receive(1, 0, { flags: misrouted }), 'p1#0');
    expect(wrong.conclusion.sentence).toContain('it was sent to partition 1');
    const late = await tell(new Story().send(1, 0).send(1, 1).receive(1, 1).receive(1, 0), 'p1#0');
    expect(classesOf(late)).toEqual(['reordered']);
    expect(late.conclusion.sentence).toMatch(/^Out of order/);
  });
  test('nothing is wrong', async () => {
    const story = await tell(new Story().send(1, 0).receive(1, 0), 'p1#0');
    expect(story.findings).toEqual([]);
    expect(story.conclusion).toEqual({
      sentence: 'Acked at position 0 of partition 0 at 0.001 s; received by g once, first at 0.001 s.',
      certainty: 'proved',
      by: ['p1.journal record 1', 'c1.journal record 0'],
    });
  });
});

describe('redelivery and effects', () => {
  const redelivering = () => {
    const run = new Story();
    run.redelivery = { attempts: 2, deadLetter: true };
    return run;
  };
  test('a dead letter', async () => {
    const run = redelivering().send(1, 0).receive(1, 0).fail(1, 0, 1).retry(1, 0, 2).fail(1, 0, 2);
    run.consume({ kind: 'deadLettered', producer: 1, seq: 0, group: 0, session: 1, attempt: 2 }).bury(1, 0);
    const story = await tell(run, 'p1#0');
    expect(classesOf(story)).toEqual([]);
    expect(whatOf(story)).toEqual([
      'sent',
      'answered',
      'received',
      'failed',
      'received',
      'failed',
      'dead-lettered',
      'dead',
    ]);
    expect(story.conclusion.sentence).toMatch(/in the dead letter topic of g after try 3\.$/);
  });
  test('a dead letter that is not there, a try too many', async () => {
    const gone = redelivering().send(1, 0).receive(1, 0).fail(1, 0, 1).deadLettersRead();
    const story = await tell(gone, 'p1#0');
    expect(classesOf(story)).toEqual(['dead-letter-lost']);
    expect(story.conclusion.sentence).toContain('no consumer recorded that it moved it');
    expect(story.absences).toContain('it is in no dead letter topic');
    const often = redelivering().send(1, 0).receive(1, 0).fail(1, 0, 1).retry(1, 0, 9).deadLettersRead();
    expect((await tell(often, 'p1#0')).conclusion.sentence).toMatch(/c1 received try 9 for g/);
  });
  test('an effect twice, and none', async () => {
    const twice = new Story().send(1, 0).receive(1, 0).effect(1, 0).effect(1, 0).hold(1, 0, 2);
    const story = await tell(twice, 'p1#0');
    expect(classesOf(story)).toEqual(['duplicate-effect']);
    expect(story.conclusion.sentence).toMatch(/^Its effect is in the store 2 times: applied by c1 at .* and c1 at/);
    const none = await tell(new Story().send(1, 0).receive(1, 0).send(1, 1).receive(1, 1).hold(1, 1), 'p1#0');
    expect(classesOf(none)).toEqual(['unprocessed']);
    expect(none.conclusion.sentence).toContain('no commit behind it is recorded');
    expect(none.absences).toContain('the store, as it was read at the end, holds no effect of it');
  });
});

describe('the text', () => {
  test('ends with the conclusion, in columns', async () => {
    const run = new Story().at(10).send(1, 0).fault('f1', 20, 40).at(60).receive(1, 0);
    expect(textOf(await tell(run, 'p1#0'))).toBe(
      [
        'p1#0  nothing found',
        '',
        '  0.0100 s  p1  sends it: attempt 1, to partition 0, 1 bytes',
        '  0.0110 s  p1  attempt 1 acked at position 0 of partition 0, after 1.0 ms',
        '  0.0200 s  f1  kill b1 injecting',
        '  0.0200 s  f1  kill b1 injected',
        '  0.0400 s  f1  kill b1 healed',
        '  0.0600 s  c1  receives it for g at position 0 of partition 0',
        '',
        '  · position 0 of partition 0: nobody read the log independently',
        '',
        '  Acked at position 0 of partition 0 at 0.011 s; received by g once, first at 0.060 s.',
        '  proved by p1.journal record 1, c1.journal record 0',
      ].join('\n'),
    );
  });
});
