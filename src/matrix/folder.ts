/** The folder of a matrix: what was asked for, a line for each run that is done, the runs, and the table. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { exitCodes, messageOf, ToolError } from '../errors.ts';
import { matricesFolder, newFolder, refuseFull, timeName, writeWhole } from '../run/folder/folder.ts';
import { type Choices, choicesSchema } from './choices.ts';

export interface MatrixFolder {
  /** Absolute path. */
  readonly path: string;
  readonly choices: string;
  /** What is laid over every profile, as it was when the matrix was begun; absent: nothing. */
  readonly cluster: string;
  readonly results: string;
  readonly record: string;
  readonly markdown: string;
  readonly junit: string;
}

export function matrixFolder(path: string): MatrixFolder {
  const absolute = resolve(path);
  return {
    path: absolute,
    choices: join(absolute, 'choices.json'),
    cluster: join(absolute, 'cluster.yaml'),
    results: join(absolute, 'results.ndjson'),
    record: join(absolute, 'matrix.json'),
    markdown: join(absolute, 'matrix.md'),
    junit: join(absolute, 'junit.xml'),
  };
}

/**
 * `out` itself when given, else `.mqchaos/matrix/<time>-<seed>` here.
 * @param cluster the file that is laid over every profile: a copy is kept, so that the matrix goes on as it was begun.
 * @throws ToolError `folder-not-empty` (exit 2), `folder-not-made` (exit 4).
 */
export function makeMatrixFolder(choices: Choices, out?: string, cluster?: string): MatrixFolder {
  if (out !== undefined) refuseFull(matrixFolder(out).path);
  try {
    const folder = matrixFolder(out ?? newFolder(matricesFolder, `${timeName(new Date())}-${choices.seed}`));
    mkdirSync(folder.path, { recursive: true });
    if (out === undefined) writeFileSync(join(dirname(dirname(folder.path)), '.gitignore'), '*\n');
    if (cluster !== undefined) copyFileSync(cluster, folder.cluster);
    writeWhole(folder.choices, `${JSON.stringify(choices, undefined, 2)}\n`);
    return folder;
  } catch (cause) {
    throw new ToolError(`cannot make the folder ${out ?? `in ${matricesFolder}`}: ${messageOf(cause)}`, {
      code: 'folder-not-made',
      hint: 'choose another with --out DIR',
      exitCode: exitCodes.setup,
      cause,
    });
  }
}

/** What was asked for in a folder that a matrix made. @throws ToolError (exit 2) for any other. */
export function readChoices({ path, choices }: MatrixFolder): Choices {
  if (!existsSync(choices)) {
    throw new ToolError(`${path} is not a matrix of mqchaos: it has no choices.json`, {
      code: 'not-a-matrix',
      hint: `give the folder of one: ls ${matricesFolder}`,
    });
  }
  const parsed = choicesSchema.safeParse(parseJson(choices));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ToolError(`${choices}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`, {
    code: 'not-a-matrix',
    hint: 'go on with the mqchaos that began it, or begin anew',
  });
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ToolError(`${file}: ${messageOf(cause)}`, {
      code: 'not-a-matrix',
      hint: 'give the folder of a matrix, or begin anew',
      cause,
    });
  }
}
