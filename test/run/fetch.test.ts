import { describe, expect, it } from 'vitest';
import { artifactsOf } from '../../src/products/distribution.ts';
import { products } from '../../src/products/registry.ts';
import { pomOf } from '../../src/run/fetch/maven.ts';

const distributions = (await Promise.all(products.map(({ distribution }) => distribution?.()))).filter(
  (each) => each !== undefined,
);

describe.each(distributions)('the list of $name', (distribution) => {
  it('names every jar once, each with a checksum', () => {
    const artifacts = artifactsOf(distribution);
    for (const { group, artifact, version, sha256 } of artifacts) {
      expect([group, artifact, version].every((part) => /^[\w.-]+$/.test(part))).toBe(true);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(new Set(artifacts.map(({ jar }) => jar)).size).toBe(artifacts.length);
    expect(artifacts.some(({ version }) => version === distribution.version)).toBe(true);
  });

  it('is all that Maven is asked for', () => {
    const pom = pomOf(distribution);
    expect(pom.match(/<dependency>/g)).toHaveLength(distribution.artifacts.length);
    expect(pom.match(/<artifactId>\*<\/artifactId>/g)).toHaveLength(distribution.artifacts.length);
  });
});

it('a classifier is part of the name of its jar', () => {
  const [artifact] = artifactsOf({ name: 'x', version: '1', artifacts: ['g:a:1.2:linux-x86_64 00'] });
  expect(artifact).toEqual({
    group: 'g',
    artifact: 'a',
    version: '1.2',
    classifier: 'linux-x86_64',
    jar: 'a-1.2-linux-x86_64.jar',
    sha256: '00',
  });
});
