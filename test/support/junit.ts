/** Judges a junit.xml by the schema that CI servers use, with `xmllint` of Debian's libxml2-utils. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const schema = join(import.meta.dirname, 'junit.xsd');

/** What the validator says: `- validates`, or each mistake. */
export function validated(xml: string): string {
  const { error, stderr } = xmllint(['--noout', '--schema', schema, '-'], xml);
  if (error !== undefined) throw error;
  return stderr.trimEnd();
}

/** @throws Error in CI, where everything must be installed. */
export function isValidatorMissing(): boolean {
  const { error } = xmllint(['--version'], '');
  if (error !== undefined && process.env.CI === 'true') throw error;
  return error !== undefined;
}

/** Names of the cases, in their order. */
export function casesIn(xml: string): string[] {
  return [...xml.matchAll(/<testcase [^>]*\bname="([^"]*)"/g)].map(([, name]) => name ?? '');
}

function xmllint(args: readonly string[], input: string) {
  return spawnSync('xmllint', args, { input, encoding: 'utf8' });
}
