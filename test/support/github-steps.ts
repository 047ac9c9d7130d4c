/** Carries out the shell steps of a job, or of a composite action, as the runner of GitHub Actions does. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface StepsResult {
  /** Of the first step that failed; 0: none did. */
  readonly code: number;
  readonly output: string;
  /** What other actions were called with, those alone that would have been. */
  readonly used: readonly { readonly uses: string; readonly with: Readonly<Record<string, unknown>> }[];
}

/** Documented in docs.github.com, "Workflow syntax", under `jobs.<job_id>.steps[*].shell`. */
const shells: Readonly<Record<string, readonly string[]>> = {
  unspecified: ['bash', '-e'],
  bash: ['bash', '--noprofile', '--norc', '-eo', 'pipefail'],
};

/**
 * @param values of `${{ … }}` in what steps are given, by the expression.
 * @throws Error for an expression without a value, and for a shell or a condition that the runner has and this has not.
 */
export async function carryOut(
  steps: readonly Step[],
  folder: string,
  env: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>> = {},
): Promise<StepsResult> {
  const used: { uses: string; with: Record<string, unknown> }[] = [];
  let output = '';
  let code = 0;
  for (const step of steps) {
    if (!isDue(step, code)) continue;
    if (step.uses !== undefined) used.push({ uses: step.uses, with: filled(step.with ?? {}, values) });
    if (step.run === undefined) continue;
    if (step.run.includes('${{'))
      throw new Error(`an expression in a script is code of whoever wrote its value: ${step.run}`);
    const ended = await script(step.run, step.shell ?? 'unspecified', folder, {
      ...env,
      ...filled(step.env ?? {}, values),
    });
    output += ended.output;
    if (code === 0) code = ended.code;
  }
  return { code, output, used };
}

function isDue({ if: condition }: Step, code: number): boolean {
  if (condition === undefined) return code === 0;
  if (condition === 'always()') return true;
  throw new Error(`a condition that nobody here knows: ${condition}`);
}

function filled(
  map: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  const value = (text: string): string =>
    text.replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => {
      const found = values[expression];
      if (found === undefined) throw new Error(`no value for ${expression}`);
      return found;
    });
  return Object.fromEntries(Object.entries(map).map(([key, each]) => [key, value(String(each))]));
}

async function script(
  text: string,
  shell: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; output: string }> {
  const [command, ...flags] = shells[shell] ?? [];
  if (command === undefined) throw new Error(`a shell that nobody here knows: ${shell}`);
  const folder = mkdtempSync(join(tmpdir(), 'mqchaos-step-'));
  try {
    const file = join(folder, 'step.sh');
    writeFileSync(file, text);
    const child = spawn(command, [...flags, file], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        output += String(data);
      });
    const code = await new Promise<number>((resolve) => child.once('close', (ended) => resolve(ended ?? 1)));
    return { code, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
