/** Starts the command of a worker and waits until it is ready. */
import { join } from 'node:path';
import type { ConsumerWork, OwnCommandConfig, ProducerWork } from '../config.ts';
import type { Worker } from '../frame.ts';
import { type CommandListener, OwnCommand } from './command.ts';
import type { Complaints } from './complaints.ts';
import { helloOf } from './hello.ts';
import type { Ready } from './protocol.ts';

/** In the worker's folder. */
const stderrFile = 'command.log';

/** Its process is known to the runner before anything else happens. @throws ToolError as `OwnCommand` does. */
export async function openCommand(
  { config, command: tell }: Pick<Worker, 'config' | 'command'>,
  own: OwnCommandConfig,
  work: ProducerWork | ConsumerWork,
  complaints: Complaints,
  listener: Omit<CommandListener, 'complain'>,
): Promise<{ readonly command: OwnCommand; readonly ready: Ready }> {
  const { argv, cwd, environment } = own;
  const hello = helloOf(config, own, work);
  const request = { argv, cwd, environment, hello, stderrFile: join(process.cwd(), stderrFile) };
  const command = await OwnCommand.start(request, { ...listener, complain: complaints.add });
  tell(command.pid);
  void command.ended.then(() => complaints.finish());
  try {
    return { command, ready: await command.ready() };
  } catch (error) {
    command.signal('SIGKILL');
    throw error;
  }
}
