/** Where the compiled programs of this package are, whether this code runs from `src` (tests) or from `dist`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes, ToolError } from '../errors.ts';

export const packageFolder = findPackage(dirname(fileURLToPath(import.meta.url)));

export const packageVersion = (
  JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
).version;

/** Path of a program, `broker/main`, `workers/producer-program`; @throws ToolError when it was not built. */
export function programPath(name: string): string {
  const path = join(packageFolder, 'dist', `${name}.js`);
  if (!existsSync(path)) {
    throw new ToolError(`${path} is missing`, { code: 'not-built', hint: 'npm run build', exitCode: exitCodes.setup });
  }
  return path;
}

function findPackage(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  return findPackage(dirname(folder));
}
