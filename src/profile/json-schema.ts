import { z } from 'zod';
import { profileSchema } from './schema.ts';

/** The text of `schema/profile.schema.json`. */
export function profileJsonSchemaText(): string {
  return `${JSON.stringify(profileJsonSchema(), null, 2)}\n`;
}

/** The JSON Schema of a profile file, for editors. It describes what is written, before defaults and units. */
function profileJsonSchema(): Record<string, unknown> {
  const { required, ...schema } = z.toJSONSchema(profileSchema, { io: 'input' });
  const others = (required ?? []).filter((key) => key !== 'version');
  return {
    ...schema,
    title: 'mqchaos profile',
    required: ['version'],
    // A file that extends another may leave out what it does not change.
    anyOf: [{ required: ['extends'] }, { required: others }],
  };
}
