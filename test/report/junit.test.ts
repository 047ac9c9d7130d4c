import { expect, it } from 'vitest';
import { renderJunit } from '../../src/report/junit.ts';
import { recordOf } from '../../src/report/record.ts';
import { audit, recordWith } from './small-record.ts';

it('junit.xml', () => {
  expect(renderJunit(recordWith())).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="3" failures="0" errors="0" skipped="0">
      <testsuite name="mqchaos quick" tests="3" failures="0" errors="0" skipped="0">
        <testcase classname="quick" name="verdict">
          <system-out><![CDATA[Is anything lost when one of two brokers is killed while messages are in flight?
    None of 99 acknowledged messages was lost: the group received all of them.
    99 of 100 messages acked, 1 fault injected and healed]]></system-out>
        </testcase>
        <testcase classname="quick" name="duplicate-stored">
          <system-out><![CDATA[12: one message at two positions of the log]]></system-out>
        </testcase>
        <testcase classname="quick" name="reordered">
          <system-out><![CDATA[3: sent once, delivered after a later message of its producer and partition
    p1.1#41, partition 2, position 1287, group g1, during f1 (likely)]]></system-out>
        </testcase>
      </testsuite>
    </testsuites>"
  `);
});

it('text of others stays text, and what XML cannot hold is replaced', () => {
  const examples = [{ class: 'phantom' as const, message: '<a href="x">&]]>\u0000\u0001' }];
  const findings = [{ class: 'phantom' as const, count: 1, allowed: false, limit: 0, examples }];
  const verdict = { value: 'fail' as const, reasons: ['1 message <phantom> & "more"'] };
  expect(renderJunit(recordOf({ ...audit, verdict, findings }))).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="2" failures="2" errors="0" skipped="0">
      <testsuite name="mqchaos records" tests="2" failures="2" errors="0" skipped="0">
        <testcase classname="records" name="verdict">
          <failure message="1 message &lt;phantom> &amp; &quot;more&quot;"/>
          <system-out><![CDATA[Found: 1 message phantom.
    1 message <phantom> & "more"]]></system-out>
        </testcase>
        <testcase classname="records" name="phantom (at most 0)">
          <failure message="1: delivered, and never sent&#xA;&lt;a href=&quot;x&quot;>&amp;]] >��"/>
          <system-out><![CDATA[1: delivered, and never sent
    <a href="x">&]] >��]]></system-out>
        </testcase>
      </testsuite>
    </testsuites>"
  `);
});

it('an inconclusive run is an error, and what could not be decided is skipped', () => {
  const verdict = { value: 'inconclusive' as const, reasons: ['the drain is not proven'] };
  const findings = [{ class: 'lost' as const, count: 0, allowed: true, limit: 0, undecided: 'no drain', examples: [] }];
  const xml = renderJunit(recordWith({ verdict, findings }));
  expect(xml).toContain('tests="2" failures="0" errors="1" skipped="1"');
  expect(xml).toContain('undecided: no drain');
});

it('ends no section of text before its end, however often the text has what would', () => {
  const verdict = { value: 'inconclusive' as const, reasons: ['a ]]> b ]]> c \u001b[31m\u0000\f'] };
  const xml = renderJunit(recordOf({ ...audit, verdict }));
  expect(xml.split(']]>').length).toBe(xml.split('<![CDATA[').length);
  expect(xml).not.toMatch(/[^\P{Cc}\n\t]/u);
});
