import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, ToolError } from '../../errors.ts';
import { didYouMean, related } from '../../suggest.ts';

const bundledFolder = fileURLToPath(new URL('../../../profiles/', import.meta.url));
/** The museum: what was found with brokers, each finding a pair of profiles. */
const findingsFolder = join(bundledFolder, 'findings');

export interface ProfileFile {
  /** What errors call it. */
  readonly label: string;
  readonly path: string;
  readonly source: string;
}

/** The names of the profiles that come with mqchaos, sorted; without those of findings. */
export function bundledProfiles(): string[] {
  return namesIn(bundledFolder);
}

/** The names of the profiles of findings, sorted. */
export function findingProfiles(): string[] {
  return namesIn(findingsFolder);
}

function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/**
 * A profile by path, or by the name of a bundled one. A reference with a slash, a dot or a file behind it is a path,
 * relative to the file `from` if that is given. Throws a ToolError if there is nothing to read.
 */
export function findProfile(ref: string, from?: ProfileFile): ProfileFile {
  const path = from === undefined || isAbsolute(ref) ? ref : join(dirname(from.path), ref);
  const label = from === undefined || isAbsolute(ref) ? ref : join(dirname(from.label), ref);
  if (/[./\\]/.test(ref) || isFile(path)) return read(path, label);
  const names = bundledProfiles();
  if (names.includes(ref)) return read(join(bundledFolder, `${ref}.yaml`), `profiles/${ref}.yaml`);
  const findings = findingProfiles();
  if (findings.includes(ref)) return read(join(findingsFolder, `${ref}.yaml`), `profiles/findings/${ref}.yaml`);
  throw noProfile(ref, [...names, ...findings]);
}

function noProfile(ref: string, names: readonly string[]): ToolError {
  const slip = didYouMean(ref, names);
  const near = slip === '' ? related(ref, names) : [];
  const first = near.length === 0 ? 'the first to try is mqchaos run quick' : `there is ${near.join(', ')}`;
  return new ToolError(`no profile '${ref}': no such file and no bundled profile of that name${slip}`, {
    code: 'no-profile',
    hint: `${first}; all of them: mqchaos list profiles; the path of your own ends in .yaml`,
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function read(path: string, label: string): ProfileFile {
  try {
    return { label, path, source: readFileSync(path, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reasons: Record<string, string> = {
      ENOENT: 'no such file',
      EISDIR: 'is a folder',
      EACCES: 'may not be read',
    };
    throw new ToolError(`${label}: ${reasons[String(code)] ?? messageOf(error)}`, {
      code: 'no-profile',
      hint: 'give the path of a profile, or the name of a bundled one (mqchaos list profiles)',
      cause: error,
    });
  }
}
