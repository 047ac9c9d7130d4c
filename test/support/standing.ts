/** `mqchaos broker start` as a process, as long as a test lasts. */
import { Workspace } from './tool.ts';

export interface Standing extends AsyncDisposable {
  readonly bootstrap: string;
  readonly folder: string;
  readonly protocol?: string;
  readonly ca?: string;
  readonly nodes: readonly { readonly id: string; readonly address?: string; readonly folder: string }[];
  /** What it has said on stderr so far. */
  said(): string;
  /** An order to it: `status`, `heal` … */
  order(...args: string[]): ReturnType<Workspace['run']>;
}

/** @throws what it said, when it did not start. */
export async function startBroker(...args: readonly string[]): Promise<Standing> {
  const workspace = new Workspace();
  const tool = workspace.start(['broker', 'start', '--json', ...args]);
  let said = '';
  tool.process.stderr?.on('data', (data) => {
    said += String(data);
  });
  const line = await new Promise<string>((resolve, reject) => {
    tool.process.stdout?.once('data', (data) => resolve(String(data)));
    void tool.end.then(({ stderr }) => {
      workspace[Symbol.dispose]();
      reject(new Error(stderr));
    });
  });
  const ready = JSON.parse(line) as Omit<Standing, 'said' | 'order'>;
  return {
    ...ready,
    said: () => said,
    order: (...order) => workspace.run(['broker', ...order, '--folder', ready.folder]),
    async [Symbol.asyncDispose]() {
      tool.process.kill('SIGINT');
      await tool.end;
      workspace[Symbol.dispose]();
    },
  };
}
