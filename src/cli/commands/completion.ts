/** `mqchaos completion SHELL`: prints the script by which a shell completes mqchaos. */
import { Argument, Command } from 'commander';
import { type Shell, scripts } from '../completion/scripts.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';

const examples = `
Examples:
  eval "$(mqchaos completion bash)"       in ~/.bashrc
  eval "$(mqchaos completion zsh)"        in ~/.zshrc, after compinit
  mqchaos completion fish > ~/.config/fish/completions/mqchaos.fish`;

export function completionCommand(): Command {
  const command = new Command('completion')
    .description('print the script by which a shell completes commands, options, profiles and runs')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(Object.keys(scripts)));
  return withOutput(command, 'one JSON document on stdout: the script')
    .addHelpText('after', examples)
    .action((shell: Shell, options: OutputOptions) => {
      const script = scripts[shell];
      terminalOf(options).result(options.json === true ? JSON.stringify({ shell, script }) : script.trimEnd());
    });
}
