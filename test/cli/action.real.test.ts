/** The composite action of this project, its shell steps carried out as GitHub would. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageFolder } from '../../src/cluster/program.ts';
import { carryOut, type StepsResult } from '../support/github-steps.ts';
import { Workspace } from '../support/tool.ts';

const action = parse(readFileSync(join(packageFolder, 'action.yml'), 'utf8'));
const small = '--seed 7 --set cluster.masters=1 --set producers.messages=1200 --set producers.rate=max --set faults=[]';

async function act(workspace: Workspace, inputs: Readonly<Record<string, string>>): Promise<StepsResult> {
  const defaults = Object.entries<{ default?: string }>(action.inputs).map(([name, each]) => [name, each.default]);
  const given = Object.entries({ ...Object.fromEntries(defaults), ...inputs });
  const values = { ...Object.fromEntries(given.map(([name, value]) => [`inputs.${name}`, value])) };
  const env = {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: join(workspace.folder, 'output'),
    GITHUB_STEP_SUMMARY: '',
  };
  return await carryOut(action.runs.steps, workspace.folder, env, { ...values, 'github.action_path': packageFolder });
}
const outputOf = ({ folder }: Workspace): string => readFileSync(join(folder, 'output'), 'utf8');

it('is a composite action whose inputs and outputs are all used, and each said what it is', () => {
  expect(action.runs.using).toBe('composite');
  const steps = JSON.stringify(action.runs.steps);
  for (const [name, { description }] of Object.entries<{ description: string }>(action.inputs)) {
    expect(steps).toContain(`\${{ inputs.${name} }}`);
    expect(description).toMatch(/\.$/);
  }
  for (const { run, shell } of action.runs.steps) if (run !== undefined) expect(shell).toBe('bash');
});

describe('carried out', () => {
  it('a run that passes', { timeout: 120_000 }, async () => {
    using workspace = new Workspace();
    const { code, output, used } = await act(workspace, { profile: 'quick', arguments: small });
    expect(code, output).toBe(0);
    expect(outputOf(workspace)).toBe('exit-code=0\n');
    expect(used.map(({ uses }) => uses)).toEqual(['actions/setup-node@v4', 'actions/upload-artifact@v4']);
  });

  it('one that is red is red, and its folder is uploaded all the same', { timeout: 120_000 }, async () => {
    using workspace = new Workspace();
    const lying = `${small}\n--set cluster.defects=[drop-acked]`;
    const { code, output, used } = await act(workspace, { profile: 'quick', arguments: lying, artifact: 'mine' });
    expect(code, output).toBe(1);
    expect(outputOf(workspace)).toBe('exit-code=1\n');
    expect(output).toContain('::error title=quick%3A ✗ FAIL::');
    expect(used.at(-1)?.with).toMatchObject({ name: 'mine', path: '.mqchaos', 'include-hidden-files': 'true' });
    expect(existsSync(join(workspace.folder, '.mqchaos', 'latest', 'record.json'))).toBe(true);
  });

  it('what inputs hold is never carried out', async () => {
    using workspace = new Workspace();
    const { code } = await act(workspace, {
      profile: '$(touch a)"; touch b; "',
      arguments: '$(touch c) `touch d` ; touch e *',
    });
    expect(code).toBe(2);
    for (const name of 'abcde') expect(existsSync(join(workspace.folder, name))).toBe(false);
  });
});
