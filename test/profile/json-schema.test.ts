/** The schema that editors use: as the loader has it, of whole files and of those that extend another. */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { profileJsonSchemaText } from '../../src/profile/schema/json-schema.ts';

const ajv = new Ajv2020({ strict: false, allErrors: false });
const validate = ajv.compile(JSON.parse(profileJsonSchemaText()) as object);
const problems = (text: string): string[] =>
  validate(parse(text)) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

const folder = new URL('../../profiles/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));

it.each(files)('%s is right', (name) => {
  expect(problems(readFileSync(new URL(name, folder), 'utf8'))).toEqual([]);
});

describe('what the loader refuses', () => {
  const whole = 'version: 1\nname: n\nquestion: Why?\ncluster: { broker: bundled }\n';
  it('is refused in a whole file', () => {
    expect(problems(whole)).toEqual([]);
    for (const line of [
      'producers: null',
      'producers: { retrys: 3 }',
      'faults: [{ do: crash, target: b1, at: 1s }]',
      'expect: { lost: null }',
    ]) {
      expect(problems(`${whole}${line}\n`), line).not.toEqual([]);
    }
    expect(problems('version: 1\nname: n\ncluster: { broker: bundled }\n')).not.toEqual([]);
  });

  it('is refused in a part of one, where null takes a key away', () => {
    const part = 'version: 1\nextends: quick\n';
    for (const line of ['producers: { window: null }', 'cluster: { masters: 3 }', 'expect: null', 'expect: contract']) {
      expect(problems(`${part}${line}\n`), line).toEqual([]);
    }
    for (const line of ['producers: { retrys: 3 }', 'cluster: { carrots: 3 }', 'faults: [{ target: b1 }]']) {
      expect(problems(`${part}${line}\n`), line).not.toEqual([]);
    }
  });
});

const docs = new URL('../../docs/', import.meta.url);
const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));

it.each(pages)('every YAML in docs/%s can be read', (name) => {
  const text = readFileSync(new URL(name, docs), 'utf8');
  for (const [, yaml = ''] of text.matchAll(/^```ya?ml\n(.*?)^```/gms)) {
    expect(parseAllDocuments(yaml).flatMap(({ errors }) => errors)).toEqual([]);
  }
});
