#!/usr/bin/env node
/**
 * Prints the pinned list of a distribution for a product's distribution.ts: what Maven resolves for these artifacts at run time, each
 * with the SHA-256 of the jar that it gave. To be read before it is committed.
 *
 *   node scripts/pin-distribution.mjs GROUP:ARTIFACT:VERSION ...
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const folder = mkdtempSync(join(tmpdir(), 'mqchaos-pin-'));
const dependencies = process.argv.slice(2).map((coordinates) => {
  const [group, artifact, version] = coordinates.split(':');
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
});
writeFileSync(
  join(folder, 'pom.xml'),
  `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>mqchaos</groupId><artifactId>pin</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('\n')}</dependencies></project>`,
);
const mvn = (...args) => execFileSync('mvn', ['-q', '-B', ...args], { cwd: folder, stdio: ['ignore', 2, 2] });
mvn(`${plugin}:copy-dependencies`, '-DincludeScope=runtime', '-DoutputDirectory=libs');
mvn(`${plugin}:list`, '-DincludeScope=runtime', '-DoutputFile=list.txt');

const rows = [];
for (const line of readFileSync(join(folder, 'list.txt'), 'utf8').split('\n')) {
  const parts = /^ {3}(\S+)/.exec(line)?.[1]?.split(':');
  if (parts === undefined) continue;
  // group:artifact:type[:classifier]:version:scope
  const [group, artifact, , ...rest] = parts;
  const [version, classifier] = rest.slice(0, -1).reverse();
  const jar = `${artifact}-${version}${classifier === undefined ? '' : `-${classifier}`}.jar`;
  const sha256 = createHash('sha256')
    .update(readFileSync(join(folder, 'libs', jar)))
    .digest('hex');
  rows.push(`${group}:${artifact}:${version}${classifier === undefined ? '' : `:${classifier}`} ${sha256}`);
}
rmSync(folder, { recursive: true });
for (const row of rows.sort()) console.log(`    '${row}',`);
