/** Whether two engines wrote the same lines `class,producer,sequence,fault`, class by class; not timed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lines of a baseline by class. */
export function linesOf(folder, name) {
  return byClass(readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean));
}

/** The same lines from the audit's findings; `unavailable` is about faults, not about messages. */
export function findingsOf(folder) {
  const lines = readFileSync(join(folder, 'findings.ndjson'), 'utf8').split('\n').filter(Boolean);
  const findings = lines.map(JSON.parse).filter((each) => each.class !== 'unavailable');
  return byClass(
    findings.map((each) => `${each.class},${each.message.slice(1).replace('#', ',')},${each.fault ?? ''}`),
  );
}

/** Classes of which the two sides do not have the very same lines; `without`: what the other does not decide. */
export function differences(ours, theirs, without = []) {
  const names = new Set([...ours.keys(), ...theirs.keys()].filter((name) => !without.includes(name)));
  return [...names].filter((name) => ours.get(name)?.sort().join() !== theirs.get(name)?.sort().join());
}

function byClass(lines) {
  const classes = new Map();
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(','));
    if (!classes.has(name)) classes.set(name, []);
    classes.get(name).push(line);
  }
  return classes;
}
