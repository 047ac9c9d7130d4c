import { parseValue } from './parse.ts';
import { type Problem, profileError } from './problem.ts';
import { mapScalars, type Path, type Scalar, type Tree } from './tree.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const reference = /\$(\$?)\{([^}]*)\}?/g;
const form = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:?\?)(.*))?$/s;

/**
 * Fills in `${NAME}` (must be set), `${NAME:-default}` and `${NAME?message}`; `$${` stands for a plain `${`. In a value
 * without quotes the result is read as YAML, so that it may be a number.
 *
 * Secrets (everything under `cluster.tls`, `cluster.sasl` and `cluster.login`, the URLs of `consumers.effect`) stay references: they are read when a run connects and
 * never get into a plan. Commands under `control` are left to the shell that will run them.
 */
export function fillIn(tree: Tree, environment: Environment): Tree {
  const { filled, problems } = tryToFillIn(tree, environment);
  if (problems.length > 0) throw profileError(problems, unsetHint);
  return filled;
}

export const unsetHint = `set the variable, or give a default: \${NAME:-default}`;

/** The same; what could not be filled in is empty text, and told. */
export function tryToFillIn(tree: Tree, environment: Environment): { filled: Tree; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const filled = mapScalars(tree, (scalar, path) => {
    if (isSecret(path) || isCommand(path)) return scalar;
    return fillScalar(scalar, environment, (message) => problems.push({ place: scalar.place, path, message }));
  });
  return { filled, problems };
}

/** One scalar filled in; what is wrong is told to `wrong`. */
export function fillScalar(scalar: Scalar, environment: Environment, wrong: (message: string) => void): Tree {
  if (typeof scalar.value !== 'string' || !scalar.value.includes('${')) return scalar;
  const value = scalar.value.replace(reference, (whole: string, escaped: string, inside: string) => {
    if (escaped !== '') return whole.slice(1);
    const [, name, operator, word = ''] = form.exec(inside) ?? [];
    if (name === undefined || !whole.endsWith('}')) {
      wrong(`expected \${NAME}, \${NAME:-default} or \${NAME?message}, got ${whole}`);
      return '';
    }
    const found = environment[name];
    if (found !== undefined && !(found === '' && operator?.startsWith(':'))) return found;
    if (operator === ':-') return word;
    wrong(`environment variable ${name} is not set${word === '' ? '' : `: ${word}`}`);
    return '';
  });
  if (!scalar.plain) return { ...scalar, value };
  const parsed = parseValue(value, scalar.place);
  return parsed.type === 'scalar' ? parsed : { ...scalar, value };
}

export function isSecret(path: Path): boolean {
  if (path[0] === 'consumers') return path[1] === 'effect' && (path[2] === 'url' || path[2] === 'idsUrl');
  return path[0] === 'cluster' && ['tls', 'sasl', 'login'].includes(String(path[1]));
}

function isCommand(path: Path): boolean {
  if (!['kill', 'stop', 'start'].includes(String(path[3]))) return false;
  return (path[0] === 'cluster' && path[1] === 'control') || (path[1] === 'effect' && path[2] === 'control');
}
