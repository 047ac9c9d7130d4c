/**
 * The container engine as its command line reaches it. Every failure is told by what is amiss: no `docker` on the PATH,
 * no engine that answers, no permission, no such container.
 */
import { exitCodes, ToolError } from '../../errors.ts';
import { type Heard, hearProgram } from '../process.ts';
import { type Container, containerOf } from './container.ts';

/** What says where the engine is (docker(1)); an empty one says nothing. */
const whereKeys = [
  ...['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG'],
  ...['DOCKER_TLS', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'],
] as const;

/** Where an engine is, for whoever is to reach the same one later from another environment. */
export type EngineAddress = Readonly<Record<string, string>>;

export function engineHere(env: Readonly<Record<string, string | undefined>> = process.env): EngineAddress {
  return Object.fromEntries(whereKeys.map((key) => [key, env[key] ?? '']));
}

const boundMs = 30_000;
const askBoundMs = 20_000;

export class Engine {
  readonly address: EngineAddress;
  readonly #run: string | undefined;

  /** @param run marks what is started, so that it ends with the run. */
  constructor(address: EngineAddress, run?: string) {
    this.address = address;
    this.#run = run;
  }

  /** As far as the environment tells it is on this machine, where the ports are that it publishes. */
  get isHere(): boolean {
    const { DOCKER_HOST: host = '', DOCKER_CONTEXT: context = '' } = this.address;
    return context === '' && (host === '' || host.startsWith('unix:'));
  }

  /** `client 28.2.2, engine 20.10.24`. @throws ToolError (exit 4). */
  async version(): Promise<string> {
    const format = 'client {{.Client.Version}}, engine {{.Server.Version}}';
    return (await this.order(['version', '--format', format], askBoundMs)).trim();
  }

  /** @throws ToolError (exit 4): `container-missing` when there is none of that name or id. */
  async inspect(name: string): Promise<Container> {
    return containerOf(await this.order(['inspect', '--type', 'container', name], askBoundMs));
  }

  /** Ids of all containers with these labels, running or not. @throws ToolError (exit 4). */
  async labelled(labels: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const filters = Object.entries(labels).flatMap(([key, value]) => ['--filter', `label=${key}=${value}`]);
    return words(await this.order(['ps', '--all', '--quiet', '--no-trunc', ...filters], askBoundMs));
  }

  /** Names of those that run. */
  async running(): Promise<readonly string[]> {
    return words(await this.order(['ps', '--format', '{{.Names}}'], askBoundMs));
  }

  /** What it says on stdout. @throws ToolError (exit 4) with what it said on stderr. */
  async order(args: readonly string[], within = boundMs): Promise<string> {
    const heard = await hearProgram({ command: 'docker', args, environment: this.address, boundMs: within }, this.#run);
    if (heard.failed === undefined) return heard.stdout;
    throw trouble(heard, args);
  }
}

/** Whether an order failed because the container is not there at all. */
export function isGone(error: unknown): boolean {
  return error instanceof ToolError && error.code === 'container-missing';
}

function words(said: string): string[] {
  return said.split(/\s+/).filter((word) => word !== '');
}

function trouble({ stderr, failed = '', missing, late }: Heard, args: readonly string[]): ToolError {
  const said = stderr.replace(/^(Error response from daemon|Error): /gm, '').trim();
  const say = (code: string, message: string, hint?: string): ToolError =>
    new ToolError(message, { code, hint, exitCode: exitCodes.setup });
  if (missing) {
    return say('docker-missing', 'docker is not on the PATH', 'install the docker command line, or say kill and start');
  }
  if (late) return say('docker-silent', `docker ${args[0]} did not end: ${failed}`, 'is its engine hanging? docker ps');
  if (/permission denied while trying to connect|dial unix.*permission denied/i.test(stderr)) {
    return say(
      'docker-permission',
      'this user may not talk to the docker engine',
      'add it to the group docker (sudo usermod -aG docker $USER, then log in again), or run mqchaos with sudo',
    );
  }
  if (
    /cannot connect to the docker daemon|is the docker daemon running|error during connect|failed to connect/i.test(
      stderr,
    )
  ) {
    const hint = 'start it (sudo systemctl start docker), or say by DOCKER_HOST where it is';
    return say('docker-silent', `the docker engine does not answer: ${firstLine(said)}`, hint);
  }
  if (/no such (container|object)/i.test(stderr)) return say('container-missing', firstLine(said));
  return say('docker-refused', `docker ${args.slice(0, 2).join(' ')}: ${firstLine(said) || failed}`);
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
