/**
 * A broker in a Kubernetes pod, which faults act on by `kubectl`. What ends it is the deletion of its pod: whoever owns
 * the pod makes another in its place, and when is up to the cluster.
 */
import { exitCodes, ToolError } from '../../errors.ts';
import type { NodeControl } from '../../products/cluster.ts';
import { noAbort, poll } from '../../wait.ts';
import { servesAt } from '../answers.ts';
import type { AttachedParts } from '../attached.ts';
import type { ControlName, Controls, Evidence, Node } from '../controls.ts';
import { isSelector, type Kubectl, kubectlHere, type Pod } from './kubectl.ts';
import { continueAll, processesIn, stopAll } from './processes.ts';

const everyMs = 500;
/** Of another node, with its volumes to be moved and its image to be pulled. */
const successorBoundMs = 180_000;
/** Beyond the pod's own time to end. */
const endBoundMs = 30_000;
/** The least that Kubernetes confirms the end of: SIGTERM, and SIGKILL a second later. */
const killGraceSeconds = 1;

export class PodNode implements Node {
  readonly id: string;
  readonly role: Node['role'];
  readonly address: string;
  readonly controls: Controls;
  readonly unable: Readonly<Partial<Record<ControlName, string>>>;
  readonly #kubectl: Kubectl;
  /** Its name, or what picks it. */
  readonly #which: string;
  readonly #parts: AttachedParts;
  #deleted: string | undefined;
  #paused: { readonly pod: Pod; readonly entry: number } | undefined;

  private constructor(control: NodeControl, kubectl: Kubectl, parts: AttachedParts, unable: PodNode['unable']) {
    this.id = control.id;
    this.role = parts.role;
    this.address = control.address;
    this.#which = control.kubectl ?? '';
    this.#kubectl = kubectl;
    this.#parts = parts;
    this.unable = unable;
    this.controls = {
      ...(unable.kill === undefined
        ? {
            kill: () => this.#end('killed', killGraceSeconds),
            stop: () => this.#end('stopped'),
            start: () => this.#start(),
          }
        : {}),
      ...(unable.pause === undefined ? { pause: () => this.#pause(), resume: () => this.#resume() } : {}),
    };
  }

  /** @throws ToolError (exit 4) when there is not exactly one such pod, or it is not ready. */
  static async open(control: NodeControl, parts: AttachedParts): Promise<PodNode> {
    const { kubectl: which = '', context, namespace, container } = control;
    const place = {
      ...(context === undefined ? {} : { context }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(container === undefined ? {} : { container }),
    };
    const kubectl = kubectlHere(place, parts.run);
    const pod = onlyPod(await kubectl.pods(which), which);
    const deletion = whyNotDeleted(pod, which);
    const standstill = await whyNotStopped(kubectl, pod.name);
    return new PodNode(control, kubectl, parts, {
      ...(deletion === undefined ? {} : { kill: deletion, stop: deletion, start: deletion }),
      ...(standstill === undefined ? {} : { pause: standstill, resume: standstill }),
    });
  }

  async #end(state: 'killed' | 'stopped', graceSeconds?: number): Promise<Evidence> {
    const pod = onlyPod(await this.#kubectl.pods(this.#which), this.#which);
    await this.#kubectl.delete(pod.name, graceSeconds);
    this.#deleted = pod.uid;
    const gone = async (): Promise<true | undefined> =>
      (await this.#kubectl.pods(pod.name)).every(({ uid }) => uid !== pod.uid) ? true : undefined;
    const grace = graceSeconds ?? pod.graceSeconds;
    const ended = await poll(gone, { everyMs, boundMs: grace * 1000 + endBoundMs, signal: noAbort });
    if (ended === undefined) throw new Error(`${this.id}: the pod ${pod.name} is still there`);
    this.#standsNoMore();
    return this.#told(state, { pod: pod.name, uid: pod.uid, graceSeconds: grace, gone: true });
  }

  /** Waits for the successor. */
  async #start(): Promise<Evidence> {
    const ready = async (): Promise<Pod | undefined> => {
      const found = (await this.#kubectl.pods(this.#which)).filter(({ uid }) => uid !== this.#deleted);
      const pod = found.find((each) => each.ready && !each.deleting);
      return pod !== undefined && (await servesAt(this.address)) ? pod : undefined;
    };
    const pod = await poll(ready, { everyMs, boundMs: successorBoundMs, signal: noAbort });
    if (pod === undefined) {
      throw new Error(`${this.id}: no pod is ready and answers at ${this.address} after ${successorBoundMs} ms`);
    }
    this.#deleted = undefined;
    return this.#told('ready', { pod: pod.name, uid: pod.uid, ready: true, address: this.address, answers: true });
  }

  async #pause(): Promise<Evidence> {
    const pod = onlyPod(await this.#kubectl.pods(this.#which), this.#which);
    const { place } = this.#kubectl;
    const entry = this.#parts.ledger.add({ kind: 'pod', node: this.id, place, pod: pod.name });
    this.#paused = { pod, entry };
    const { stopped } = await stopAll(this.#kubectl, pod.name);
    return this.#told('paused', { pod: pod.name, uid: pod.uid, stopped });
  }

  async #resume(): Promise<Evidence> {
    if (this.#paused === undefined) throw new Error(`${this.id} was not paused`);
    const { pod } = this.#paused;
    const { running } = await continueAll(this.#kubectl, pod.name);
    this.#standsNoMore();
    return this.#told('resumed', { pod: pod.name, running });
  }

  #standsNoMore(): void {
    if (this.#paused !== undefined) this.#parts.ledger.done(this.#paused.entry);
    this.#paused = undefined;
  }

  #told(state: Parameters<AttachedParts['observe']>[1], evidence: Evidence): Evidence {
    this.#parts.observe(this, state, evidence);
    return evidence;
  }
}

function onlyPod(all: readonly Pod[], which: string): Pod {
  const living = all.filter(({ deleting }) => !deleting);
  const [pod] = living;
  const say = (code: string, message: string, hint: string): ToolError =>
    new ToolError(message, { code, hint, exitCode: exitCodes.setup });
  if (pod === undefined) throw say('no-pod', `no pod ${which}`, 'kubectl get pods; namespace and context say where');
  if (living.length > 1) {
    const names = living.map(({ name }) => name).join(', ');
    throw say('many-pods', `${which} picks ${living.length} pods: ${names}`, 'a node is one of them: name it');
  }
  if (!pod.ready) throw say('pod-not-ready', `the pod ${pod.name} is not ready: ${pod.phase}`, 'wait until it is');
  return pod;
}

function whyNotDeleted({ name, owner }: Pod, which: string): string | undefined {
  if (owner === undefined)
    return `cannot be done: nobody would make another pod in place of ${name}, which has no owner`;
  if (owner === 'StatefulSet' || isSelector(which)) return undefined;
  return `needs a label selector in place of ${name}: the pod that the ${owner} makes in its place has another name`;
}

async function whyNotStopped(kubectl: Kubectl, pod: string): Promise<string | undefined> {
  try {
    const { stopped, running } = await processesIn(kubectl, pod);
    if (stopped.length + running.length > 0) return undefined;
    return (
      `cannot be done: in ${pod} there is only process 1, which no signal from within stops; ` +
      'give the pod shareProcessNamespace: true, or an init such as tini'
    );
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return `cannot be done in ${pod}: ${error.message}`;
  }
}
