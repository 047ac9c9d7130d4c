/** A suite of cases in the form that CI servers read: valid by the schema of Jenkins' xunit plugin (docs/ci.md). */
import { type XmlElement, xmlDocument } from './xml.ts';

export interface Suite {
  /** Of the profile; the names of suite and cases begin with mqchaos. */
  readonly name: string;
  /** RFC 3339, in UTC. */
  readonly startedAt?: string | undefined;
  readonly seconds: number;
  readonly cases: readonly Case[];
}

export interface Case {
  readonly name: string;
  readonly result: 'passed' | 'failure' | 'error' | 'skipped';
  /** What kind of failure or error it is. */
  readonly type: string;
  /** Lines; the first is the message. */
  readonly says: readonly string[];
  /** Absent: it took no time of its own. */
  readonly seconds?: number;
}

export function junitDocument({ name, startedAt, seconds, cases }: Suite): string {
  const title = `mqchaos ${name}`;
  const count = (result: Case['result']): number => cases.filter((each) => each.result === result).length;
  const numbers = { tests: cases.length, failures: count('failure'), errors: count('error') };
  const time = seconds.toFixed(3);
  const suite: XmlElement = {
    name: 'testsuite',
    attributes: {
      ...{ name: title, ...numbers, skipped: count('skipped'), time },
      timestamp: startedAt?.slice(0, 19), // without a zone, as Ant writes it
    },
    content: cases.map((each) => caseElement(each, `mqchaos.${name}`)),
  };
  return xmlDocument({ name: 'testsuites', attributes: { name: title, ...numbers, time }, content: [suite] });
}

function caseElement({ name, result, type, says, seconds = 0 }: Case, classname: string): XmlElement {
  const text = says.join('\n');
  const outcome = { name: result, attributes: { message: says[0], type } };
  const told = { name: 'system-out', content: text };
  // servers show the text of a failure, and of a skipped case its message alone
  const content = { passed: [told], failure: [{ ...outcome, content: text }], error: [{ ...outcome, content: text }] };
  return {
    name: 'testcase',
    attributes: { classname, name, time: seconds.toFixed(3) },
    content: result === 'skipped' ? [outcome, told] : content[result],
  };
}
