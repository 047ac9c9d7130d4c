/**
 * A broker in a container that is not ours, which faults act on by the container engine. Each deed is proven by the state
 * that the engine tells afterwards. Before the first, the ledger has what brings the container back.
 */
import { exitCodes, ToolError } from '../../errors.ts';
import type { NodeControl } from '../../products/cluster.ts';
import { noAbort, poll } from '../../wait.ts';
import { servesAt } from '../answers.ts';
import type { AttachedParts } from '../attached.ts';
import type { ControlName, Controls, Evidence, Node } from '../controls.ts';
import { restart } from './bring-back.ts';
import { serviceContainer } from './compose.ts';
import type { Container } from './container.ts';
import { Engine, engineHere, isGone } from './engine.ts';
import { disconnectAll, reconnect, sharesPorts, whyBound } from './networks.ts';

const endBoundMs = 30_000;
/** Where nobody has said what an orderly end may take. */
const usualStopSeconds = 30;
const serveBoundMs = 60_000;
const everyMs = 100;
/** docker(1): 128 and the number of the signal. */
const exitOfSigkill = 137;

export class ContainerNode implements Node {
  readonly id: string;
  readonly role: Node['role'];
  readonly address: string;
  readonly controls: Controls;
  readonly unable: Readonly<Partial<Record<ControlName, string>>>;
  readonly #engine: Engine;
  readonly #container: string;
  readonly #parts: AttachedParts;
  /** Open in the ledger for as long as the container is not as it was. */
  #entry: number | undefined;
  #before: Container | undefined;

  private constructor({ id, address }: NodeControl, engine: Engine, container: Container, parts: AttachedParts) {
    this.id = id;
    this.role = parts.role;
    this.address = address;
    this.#engine = engine;
    this.#container = container.id;
    this.#parts = parts;
    const { name, removesItself } = container;
    const port = portOf(address);
    const drifts = container.hostPorts.includes(port) && !container.fixedPorts.includes(port);
    const vanishes = `is done to a container that stays: ${name} was started with --rm, so it would be gone with its data`;
    const wanders = `needs a port that stays: ${name} has ${port} by chance, and another one after it; publish a fixed one`;
    const ends = removesItself ? vanishes : drifts ? wanders : undefined;
    const bound = whyBound(container);
    const stays = bound === undefined ? (drifts ? wanders : undefined) : `cannot be done: ${name} ${bound}`;
    this.unable = {
      ...(ends === undefined ? {} : { kill: ends, stop: ends }),
      ...(stays === undefined ? {} : { disconnect: stays }),
    };
    this.controls = {
      ...(ends === undefined ? { kill: () => this.#kill(), stop: () => this.#stop() } : {}),
      start: () => this.#start(),
      pause: () => this.#pause(),
      resume: () => this.#resume(),
      ...(stays === undefined ? { disconnect: () => this.#disconnect(), connect: () => this.#connect() } : {}),
    };
  }

  /** @throws ToolError (exit 4) when there is no such container, it does not run, or is not the one at the address. */
  static async open(control: NodeControl, parts: AttachedParts): Promise<ContainerNode> {
    const engine = new Engine(engineHere(), parts.run);
    const container = await containerOf(engine, control);
    const { name, status } = container;
    if (status !== 'running') {
      throw new ToolError(`${name} does not run: ${status}`, {
        code: 'container-not-running',
        hint: status === 'paused' ? `docker unpause ${name}` : `docker start ${name}`,
        exitCode: exitCodes.setup,
      });
    }
    if (engine.isHere) checkServes(container, control);
    return new ContainerNode(control, engine, container, parts);
  }

  async #kill(): Promise<Evidence> {
    const before = await this.#enter();
    await this.#engine.order(['kill', this.#container]);
    const after = await this.#ended(before);
    if (after.exitCode !== exitOfSigkill) {
      throw new Error(`${this.#called(after)} ended by itself with exit code ${after.exitCode}, not by SIGKILL`);
    }
    return this.#told('killed', { ...facts(before), signal: 'SIGKILL', ...endOf(after) });
  }

  /** An end that the engine had to force is none in good order. */
  async #stop(): Promise<Evidence> {
    const { stopSeconds = usualStopSeconds } = await this.#now();
    const before = await this.#enter(stopSeconds * 1000);
    await this.#engine.order(['stop', '-t', String(stopSeconds), this.#container], stopSeconds * 1000 + endBoundMs);
    const after = await this.#ended(before);
    if (after.exitCode === exitOfSigkill) {
      throw new Error(
        `${this.#called(after)} did not end on SIGTERM within ${stopSeconds} s, and was killed; does its first process ` +
          'pass signals on? (init: true in a compose file, docker run --init)',
      );
    }
    return this.#told('stopped', { ...facts(before), ...endOf(after) });
  }

  async #start(): Promise<Evidence> {
    const evidence = await restart(this.#engine, this.#container, this.address);
    this.#leave();
    return this.#told('ready', evidence);
  }

  async #pause(): Promise<Evidence> {
    const before = await this.#enter();
    await this.#engine.order(['pause', this.#container]);
    return this.#told('paused', { ...facts(before), ...(await this.#is('paused')) });
  }

  async #resume(): Promise<Evidence> {
    const { status } = await this.#engine.inspect(this.#container);
    if (status === 'paused') await this.#engine.order(['unpause', this.#container]);
    const evidence = await this.#is('running');
    this.#leave();
    return this.#told('resumed', evidence);
  }

  async #disconnect(): Promise<Evidence> {
    return { ...facts(await this.#enter()), ...(await disconnectAll(this.#engine, await this.#now())) };
  }

  async #connect(): Promise<Evidence> {
    const { connections, published } = this.#before ?? (await this.#now());
    const evidence = await reconnect(this.#engine, this.#container, connections);
    if (String(evidence.published) !== String(published)) {
      throw new Error(`${this.id} publishes ${String(evidence.published) || 'nothing'}, before ${String(published)}`);
    }
    const serves = async (): Promise<true | undefined> => ((await servesAt(this.address)) ? true : undefined);
    const served = await poll(serves, { everyMs, boundMs: serveBoundMs, signal: noAbort });
    if (served === undefined)
      throw new Error(`${this.address} does not answer ${serveBoundMs} ms after it is connected`);
    this.#leave();
    return { ...evidence, address: this.address, answers: true };
  }

  /**
   * What it is like before the deed; from then on the ledger knows how to bring it back.
   * @param takesMs how long after its order the deed may take hold.
   * @throws Error when it does not run.
   */
  async #enter(takesMs = 0): Promise<Container> {
    const now = await this.#now();
    if (now.pid === 0) throw new Error(`${this.#called(now)} does not run: ${now.status}`);
    if (this.#entry !== undefined) return now;
    this.#before = now;
    const { id, name, connections } = now;
    this.#entry = this.#parts.ledger.add({
      ...{ kind: 'container', node: this.id, address: this.address },
      ...{ engine: this.#engine.address, container: { id, name }, connections, takesMs },
    });
    return now;
  }

  #leave(): void {
    if (this.#entry !== undefined) this.#parts.ledger.done(this.#entry);
    this.#entry = undefined;
    this.#before = undefined;
  }

  async #now(): Promise<Container> {
    return this.#engine.inspect(this.#container);
  }

  async #ended({ startedAt }: Container): Promise<Container> {
    const ended = async (): Promise<Container | undefined> => {
      const now = await this.#now();
      if (now.startedAt !== startedAt) throw new Error(`${this.#called(now)} was started again by somebody else`);
      return now.pid === 0 ? now : undefined;
    };
    const after = await poll(ended, { everyMs, boundMs: endBoundMs, signal: noAbort });
    if (after === undefined) throw new Error(`${this.id} still runs after ${endBoundMs} ms`);
    return after;
  }

  async #is(status: string): Promise<Evidence> {
    const now = await this.#now();
    if (now.status !== status) throw new Error(`${this.#called(now)} is not ${status}: ${now.status}`);
    return { status };
  }

  #called({ name }: Container): string {
    return `${this.id}: the container ${name}`;
  }

  #told(state: Parameters<AttachedParts['observe']>[1], evidence: Evidence): Evidence {
    this.#parts.observe(this, state, evidence);
    return evidence;
  }
}

function facts({ name, id, pid, startedAt }: Container): Evidence {
  return { container: name, id: id.slice(0, 12), pid, startedAt };
}

function endOf({ status, exitCode, finishedAt }: Container): Evidence {
  return { status, exitCode, finishedAt };
}

async function containerOf(engine: Engine, { docker, compose = '', project, file }: NodeControl): Promise<Container> {
  if (docker === undefined) return serviceContainer(engine, { service: compose, project, file });
  try {
    return await engine.inspect(docker);
  } catch (error) {
    if (!isGone(error)) throw error;
    const running = await engine.running();
    throw new ToolError(`no container ${docker}`, {
      ...{ code: 'container-missing', exitCode: exitCodes.setup, cause: error },
      hint: running.length === 0 ? 'no container runs here: start it' : `those that run are ${running.join(', ')}`,
    });
  }
}

/** Whatever is done to a container that does not serve the address would be blamed on the wrong broker. */
function checkServes(container: Container, { address }: NodeControl): void {
  const { name, hostPorts } = container;
  const port = portOf(address);
  if (sharesPorts(container) || hostPorts.includes(port) || !isHere(address)) return;
  const published = hostPorts.length === 0 ? 'no port' : hostPorts.join(' and ');
  throw new ToolError(`${name} publishes ${published}, not ${port} of its address ${address}`, {
    code: 'wrong-container',
    hint: 'correct the address, or the container',
    exitCode: exitCodes.setup,
  });
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

function isHere(address: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]):/.test(address);
}
