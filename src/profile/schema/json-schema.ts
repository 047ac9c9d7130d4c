import { z } from 'zod';
import { profileSchema } from './schema.ts';

/** The text of `schema/profile.schema.json`. */
export function profileJsonSchemaText(): string {
  return `${JSON.stringify(profileJsonSchema(), null, 2)}\n`;
}

/** The JSON Schema of a profile file, for editors. It describes what is written, before defaults and units. */
function profileJsonSchema(): Record<string, unknown> {
  const { required, properties, ...schema } = z.toJSONSchema(profileSchema, { io: 'input' });
  const all = { ...properties, expect: withWord(properties?.expect) } as Record<string, Schema>;
  return {
    ...schema,
    title: 'mqchaos profile',
    properties: Object.fromEntries(Object.keys(all).map((key) => [key, true])),
    required: ['version'],
    // a file that extends another says what it changes, and takes a key away by null
    if: { required: ['extends'] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: { properties: relaxed(all) },
    else: { properties: all, required: (required ?? []).filter((key) => key !== 'version') },
  };
}

type Schema = Readonly<Record<string, unknown>>;

function relaxed(properties: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(properties).map(([key, schema]) => {
      const { description, ...rest } = partial(schema);
      const told = description === undefined ? {} : { description };
      return [key, { ...told, anyOf: [rest, { type: 'null' }] }];
    }),
  );
}

/** Of a map any part; lists are replaced as a whole, so that their entries stay as they are. */
function partial(schema: Schema): Schema {
  const { required: _, properties, anyOf, oneOf, ...rest } = schema;
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: relaxed(properties as Record<string, Schema>) }),
    // without the key that tells them apart a part may be one of several
    ...(anyOf === undefined && oneOf === undefined ? {} : { anyOf: ((anyOf ?? oneOf) as Schema[]).map(partial) }),
  };
}

/** A file may have the one word for the map. */
function withWord(expect: z.core.JSONSchema._JSONSchema | undefined): Record<string, unknown> {
  if (typeof expect !== 'object') throw new Error('the format of profiles has lost its key expect');
  const { description, default: usual, ...map } = expect;
  return { description, default: usual, anyOf: [{ type: 'string', const: 'contract' }, map] };
}
