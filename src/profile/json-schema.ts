import { z } from 'zod';
import { profileSchema } from './schema.ts';

/** The text of `schema/profile.schema.json`. */
export function profileJsonSchemaText(): string {
  return `${JSON.stringify(profileJsonSchema(), null, 2)}\n`;
}

/** The JSON Schema of a profile file, for editors. It describes what is written, before defaults and units. */
function profileJsonSchema(): Record<string, unknown> {
  const { required, properties, ...schema } = z.toJSONSchema(profileSchema, { io: 'input' });
  const others = (required ?? []).filter((key) => key !== 'version');
  return {
    ...schema,
    properties: { ...properties, expect: withWord(properties?.expect) },
    title: 'mqchaos profile',
    required: ['version'],
    // A file that extends another may leave out what it does not change.
    anyOf: [{ required: ['extends'] }, { required: others }],
  };
}

/** A file may have the one word for the map. */
function withWord(expect: z.core.JSONSchema._JSONSchema | undefined): Record<string, unknown> {
  if (typeof expect !== 'object') throw new Error('the format of profiles has lost its key expect');
  const { description, default: usual, ...map } = expect;
  return { description, default: usual, anyOf: [{ type: 'string', const: 'contract' }, map] };
}
