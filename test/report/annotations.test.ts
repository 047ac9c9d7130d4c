import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findingClasses } from '../../src/audit/class.ts';
import { annotationsOf, shownAnnotations, withoutCommands, workflowCommand } from '../../src/report/ci/annotations.ts';
import { planOf, recordWith } from './small-record.ts';

const forbidden = { allowed: false, because: 'every copy is on disk' };

it('nothing of a run that passes as its settings promise', () => {
  expect(annotationsOf(recordWith())).toEqual([]);
});

it('a run that fails: its verdict, each class above its limit, and a warning for what only the profile allows', () => {
  const record = recordWith({
    verdict: { value: 'fail', reasons: ['2 messages lost, expected at most 0'] },
    findings: [
      { class: 'lost', count: 2, allowed: false, limit: 0, examples: [{ class: 'lost', message: 'p1.1#41' }] },
      { class: 'reordered', count: 3, allowed: true, contract: forbidden, examples: [] },
      { class: 'recovered', count: 1, allowed: true, contract: { allowed: true, because: 'fine' }, examples: [] },
    ],
  });
  expect(annotationsOf(record).map(workflowCommand)).toEqual([
    '::error title=quick%3A ✗ FAIL::None of 99 acknowledged messages was lost: the group received all of them.%0A2 messages lost, expected at most 0',
    '::error title=quick%3A 2 messages lost::acknowledged, and no group ever received it%0Ap1.1#41',
    '::warning title=quick%3A 3 messages reordered::sent once, delivered after a later message of its producer and partition%0Athe contract forbids it: every copy is on disk',
  ]);
});

it('none of a harm that the run is there to show', () => {
  const findings = [{ class: 'lost', count: 2, allowed: true, contract: forbidden, examples: [] }] as const;
  expect(annotationsOf(recordWith({ findings }, planOf({ limits: {}, harm: ['lost'] })))).toEqual([]);
});

it('a run without evidence is an error too', () => {
  const reasons = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const [only, ...more] = annotationsOf(recordWith({ verdict: { value: 'inconclusive', reasons }, findings: [] }));
  expect(more).toEqual([]);
  expect(only?.title).toBe('quick: ? INCONCLUSIVE');
  expect(only?.message.split('\n').slice(1)).toEqual(['a', 'b', 'c', 'd', 'e', 'and 2 more reasons']);
});

it('no more than GitHub shows: nine errors and its own, and the last says what is not shown', () => {
  const findings = findingClasses.map((name) => ({ class: name, count: 1, allowed: false, examples: [] }));
  const all = annotationsOf(recordWith({ verdict: { value: 'fail', reasons: ['r'] }, findings }));
  expect(all).toHaveLength(findingClasses.length + 1);
  const shown = shownAnnotations(all);
  expect(shown).toHaveLength(9);
  expect(shown[8]).toMatchObject({ level: 'error', title: '17 more' });
  const warnings = Array.from({ length: 12 }, () => ({ level: 'warning' as const, title: 't', message: 'm' }));
  expect(shownAnnotations([...warnings, ...all])).toHaveLength(18);
});

it('texts of others stay one command: what its reader takes back is what was meant', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('%', '%0A', '\r', '\n', ':', ',', '::', '::error::'),
  );
  const text = fc.array(part).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (title, message) => {
      const line = workflowCommand({ level: 'error', title, message });
      expect(line).not.toMatch(/[^\P{Cc}\t]/u);
      const found = /^::error title=([^:,]*)::(.*)$/u.exec(line);
      expect(unescaped(found?.[1] ?? '')).toBe(readable(title));
      expect(unescaped(found?.[2] ?? '')).toBe(readable(message));
    }),
  );
});

it('what is printed has no command of anybody else', () => {
  const said = '  ::error::a\n::stop-commands::x\nsee ::1 and a::b\n##[add-mask]secret ::';
  expect(withoutCommands(said)).toBe(
    '  \uFF1A:error::a\n\uFF1A:stop-commands::x\nsee ::1 and a::b\n#\uFF03[add-mask]secret ::',
  );
});

/** As the runner does: github.com/actions/runner, ActionCommand.cs. */
function unescaped(text: string): string {
  const marks = { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%25': '%' };
  return text.replaceAll(/%0D|%0A|%3A|%2C|%25/g, (mark) => marks[mark as keyof typeof marks]);
}

/** Without what acts on a terminal. */
function readable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD');
}
