/** One line of findings.ndjson. Written field by field: a run may have millions, and `JSON.stringify` takes thrice as long. */
import type { Finding } from './finding.ts';

/** What JSON writes as it is. */
const plain = /^[ !#-[\]-~]*$/;

export function findingLine(finding: Finding): string {
  const { message, group, otherFaults, fault, proved, how, redelivered, gapMs, recovered } = finding;
  let line = `{"class":"${finding.class}"`;
  if (message !== undefined) line += `,"message":${quoted(message)}`;
  if (proved !== undefined) line += `,"proved":${proved}`;
  if (how !== undefined) line += `,"how":"${how}"`;
  if (group !== undefined) line += `,"group":${quoted(group)}`;
  if (finding.partition !== undefined) line += `,"partition":${finding.partition}`;
  if (finding.position !== undefined) line += `,"position":${digits(finding.position)}`;
  if (finding.receivedAtNs !== undefined) line += `,"receivedAtNs":${digits(finding.receivedAtNs)}`;
  if (redelivered !== undefined) line += `,"redelivered":${redelivered}`;
  if (finding.sentAtNs !== undefined) line += `,"sentAtNs":${digits(finding.sentAtNs)}`;
  if (finding.settledAtNs !== undefined) line += `,"settledAtNs":${digits(finding.settledAtNs)}`;
  if (finding.attempts !== undefined) line += `,"attempts":${finding.attempts}`;
  if (fault !== undefined) line += `,"fault":${quoted(fault)}`;
  if (otherFaults !== undefined) line += `,"otherFaults":${JSON.stringify(otherFaults)}`;
  if (finding.when !== undefined) line += `,"when":"${finding.when}"`;
  if (finding.confidence !== undefined) line += `,"confidence":"${finding.confidence}"`;
  if (gapMs !== undefined) line += `,"gapMs":${gapMs}`;
  if (recovered !== undefined) line += `,"recovered":${recovered}`;
  return `${line}}\n`;
}

function quoted(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** A whole number below 2^48, in two halves: those of 31 bits are much cheaper to write than those of 53. */
function digits(value: number): string | number {
  if (value < 1e9) return value;
  const high = Math.floor(value / 1e6);
  return `${high}${String(1e6 + (value - high * 1e6)).slice(1)}`;
}
