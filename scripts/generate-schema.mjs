// Writes schema/profile.schema.json from the build output: run `npm run build` first. A unit test fails when it is stale.
import { writeFileSync } from 'node:fs';
import { profileJsonSchemaText } from '../dist/profile/schema/json-schema.js';

writeFileSync(new URL('../schema/profile.schema.json', import.meta.url), profileJsonSchemaText());
