/** Has Maven copy jars into a folder: from its own repository on this machine, or from where its settings say. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../../cluster/process.ts';
import { findPrograms } from '../../cluster/programs.ts';
import { exitCodes, ToolError } from '../../errors.ts';
import { type Artifact, artifactsOf, type Distribution } from '../../products/distribution.ts';

const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const boundMs = 20 * 60_000;

/** The folder that they are copied to. */
export const jarFolder = 'libs';

/**
 * Copies the jars to `libs` of the folder; what they are is not looked at.
 * @throws ToolError (exit 4) without Maven, and when it fails.
 */
export async function copyJars(distribution: Distribution, folder: string): Promise<void> {
  const { maven = '' } = await findPrograms([
    {
      name: 'maven',
      candidates: ['mvn'],
      // wildcards in exclusions: 3.2.1
      version: { args: ['-v'], pattern: /Apache Maven (\d[\d.]*)/, least: '3.6' },
      install: 'apt-get install maven',
    },
  ]);
  writeFileSync(join(folder, 'pom.xml'), pomOf(distribution));
  const args = ['-B', '-q', goal, `-DoutputDirectory=${join(folder, jarFolder)}`];
  const { exitCode, said } = await runToEnd({ command: maven, args }, { folder, boundMs });
  if (exitCode === 0) return;
  const errors = said.split('\n').filter((line) => line.includes('ERROR'));
  const why =
    errors[0]?.replace(/^.*?ERROR\S*\s*/, '') ??
    (exitCode === undefined ? `no end within ${boundMs / 60_000} minutes` : `exit code ${exitCode}`);
  throw new ToolError(`Maven could not fetch ${distribution.name} ${distribution.version}: ${why}`, {
    code: 'fetch-failed',
    hint: 'check that Maven reaches a repository: proxies and mirrors are in ~/.m2/settings.xml; then the same command again',
    exitCode: exitCodes.setup,
  });
}

/** Exactly the artifacts of the list: Maven resolves nothing on its own. */
export function pomOf(distribution: Distribution): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>mqchaos</groupId>
  <artifactId>${distribution.name}</artifactId>
  <version>${distribution.version}</version>
  <packaging>pom</packaging>
  <dependencies>
${artifactsOf(distribution).map(dependency).join('\n')}
  </dependencies>
</project>
`;
}

function dependency({ group, artifact, version, classifier }: Artifact): string {
  const extra = classifier === undefined ? '' : `<classifier>${classifier}</classifier>`;
  const alone = '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
  return `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${extra}${alone}</dependency>`;
}
