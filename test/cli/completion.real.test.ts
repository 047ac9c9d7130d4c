/** Completion in real shells: the Tab key is pressed in each of them. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageFolder } from '../../src/cluster/program.ts';
import { missingProgram, Pane } from '../support/terminal.ts';
import { Workspace } from '../support/tool.ts';

const wait = { timeout: 30_000, interval: 50 };
const tool = join(packageFolder, 'bin', 'mqchaos.js');

/** How each is started without the user's own settings, and told of mqchaos. */
const shells = {
  bash: ['bash --norc --noprofile', 'eval "$(mqchaos completion bash)"'],
  zsh: ['zsh -f', 'PS1="ready> "; autoload -Uz compinit && compinit -u -D; eval "$(mqchaos completion zsh)"'],
  fish: ['fish --no-config', 'function fish_prompt; echo "ready> "; end; mqchaos completion fish | source'],
} as const;

/** What is written before Tab, and what the line becomes. */
const cases: readonly (readonly [string, string])[] = [
  ['comp', 'completion'],
  ['run quic', 'run quick'],
  ['run quick --allow', 'run quick --allow-remote'],
  ['run quick --broker rab', 'run quick --broker rabbitmq'],
  ['run quick --broker=rab', 'run quick --broker=rabbitmq'],
  ['report lat', 'report latest'],
  ['run my-own', 'run my-own.yaml'],
  ['run quick --out my-fol', 'run quick --out my-folder/'],
];

for (const [shell, [start, script]] of Object.entries(shells)) {
  const missing = missingProgram('tmux') ?? missingProgram(shell);
  describe.skipIf(missing !== undefined)(`${shell}${missing === undefined ? '' : `: ${missing}`}`, () => {
    it('completes commands, options, names and files', async () => {
      using workspace = new Workspace();
      const { folder } = workspace;
      mkdirSync(join(folder, 'bin'));
      writeFileSync(join(folder, 'bin', 'mqchaos'), `#!/bin/sh\nexec ${process.execPath} ${tool} "$@"\n`);
      chmodSync(join(folder, 'bin', 'mqchaos'), 0o755);
      writeFileSync(join(folder, 'my-own.yaml'), '');
      mkdirSync(join(folder, 'my-folder'));
      mkdirSync(join(folder, '.mqchaos', 'runs', 'one'), { recursive: true });
      using pane = new Pane(100, 50, folder);
      // a history would be written into the folder while it is removed
      pane.type(`export PATH="${folder}/bin:$PATH" HOME="${folder}" HISTFILE=`);
      pane.type(`exec ${start}`);
      pane.type(script);
      pane.type('echo told; clear');
      await expect.poll(() => pane.lines().join('\n'), wait).toMatch(/^ready> *$|^ready>$/);
      for (const [written, whole] of cases) {
        pane.write(`mqchaos ${written}`);
        pane.press('Tab');
        await expect.poll(() => pane.lines().at(-1), wait).toMatch(new RegExp(`mqchaos ${whole}\\s*$`));
        pane.press('C-u');
        await expect.poll(() => pane.lines().at(-1), wait).not.toContain('mqchaos');
      }
    });
  });
}
