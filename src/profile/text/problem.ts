import { ToolError } from '../../errors.ts';
import { type Path, type Place, pathText, placeText } from './tree.ts';

/** Something wrong with a profile, at a place. */
export interface Problem {
  /** Absent: the file as a whole. */
  readonly place: Place | { readonly file: string };
  readonly path: Path;
  readonly message: string;
}

/** One error for all that is wrong, one line each: `profile.yaml:14:7 faults[1].do: expected …`. */
export function profileError(problems: readonly Problem[], hint?: string): ToolError {
  const lines = [...problems].sort(byPlace).map(line);
  return new ToolError([...new Set(lines)].join('\n'), { code: 'profile', hint: hint ?? usualHint });
}

const usualHint = 'docs/profile.md describes every key; `mqchaos plan` checks a profile without running it';

function line(problem: Problem): string {
  const { place, path, message } = problem;
  const where = 'file' in place && !('line' in place) ? place.file : placeText(place);
  return path.length === 0 ? `${where}: ${message}` : `${where} ${pathText(path)}: ${message}`;
}

/** In the order of the file; a stable sort keeps the rest as found. */
function byPlace(a: Problem, b: Problem): number {
  if (!('line' in a.place) || !('line' in b.place) || a.place.file !== b.place.file) return 0;
  return a.place.line - b.place.line || a.place.column - b.place.column;
}
