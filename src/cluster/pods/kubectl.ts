/** Kubernetes as `kubectl` reaches it: what it says of pods, and orders to it. */
import { z } from 'zod';
import { exitCodes, messageOf, ToolError } from '../../errors.ts';
import { type Heard, hearProgram } from '../process.ts';

/** Where pods are; what is absent is as kubectl has it. `kubeconfig` is the variable KUBECONFIG. */
export interface PodPlace {
  readonly kubeconfig: string;
  readonly context?: string;
  readonly namespace?: string;
  /** The container of the pod. */
  readonly container?: string;
}

export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly phase: string;
  readonly ready: boolean;
  /** It is on its way out. */
  readonly deleting: boolean;
  /** `StatefulSet`, `ReplicaSet`; absent: nobody makes another one in its place. */
  readonly owner?: string;
  /** What an orderly end may take, in seconds. */
  readonly graceSeconds: number;
}

/** As this environment has it. */
export function kubectlHere(place: Omit<PodPlace, 'kubeconfig'> = {}, run?: string): Kubectl {
  return new Kubectl({ kubeconfig: process.env.KUBECONFIG ?? '', ...place }, run);
}

/** More than the pod itself takes to end is waited for elsewhere. */
const boundMs = 30_000;

export class Kubectl {
  readonly place: PodPlace;
  readonly #run: string | undefined;

  /** @param run marks what is started, so that it ends with the run. */
  constructor(place: PodPlace, run?: string) {
    this.place = place;
    this.#run = run;
  }

  /** `client v1.32.4, cluster v1.31.1`. @throws ToolError (exit 4). */
  async version(): Promise<string> {
    const said = await this.order(['version', '--output=json', '--request-timeout=5s']);
    const { clientVersion, serverVersion } = versionSchema.parse(JSON.parse(said));
    return `client ${clientVersion.gitVersion}, cluster ${serverVersion.gitVersion}`;
  }

  /** Pods of that name, or that a selector picks; none is no error. @throws ToolError (exit 4). */
  async pods(which: string): Promise<readonly Pod[]> {
    const chosen = isSelector(which) ? [`--selector=${which}`] : [`--field-selector=metadata.name=${which}`];
    return podsOf(await this.order(['get', 'pods', ...chosen, '--output=json']));
  }

  /** Without waiting for its end. */
  async delete(pod: string, graceSeconds?: number): Promise<void> {
    const grace = graceSeconds === undefined ? [] : [`--grace-period=${graceSeconds}`];
    await this.order(['delete', 'pod', pod, '--wait=false', ...grace]);
  }

  /** What a shell script says that runs in the container. */
  async sh(pod: string, script: string): Promise<string> {
    const { container } = this.place;
    const chosen = container === undefined ? [] : [`--container=${container}`];
    return this.order(['exec', pod, ...chosen, '--', 'sh', '-c', script]);
  }

  /** @throws ToolError (exit 4) with what it said on stderr. */
  async order(args: readonly string[]): Promise<string> {
    const { kubeconfig, context, namespace } = this.place;
    const where = [
      ...(context === undefined ? [] : [`--context=${context}`]),
      ...(namespace === undefined ? [] : [`--namespace=${namespace}`]),
    ];
    const environment = { KUBECONFIG: kubeconfig };
    const heard = await hearProgram({ command: 'kubectl', args: [...where, ...args], environment, boundMs }, this.#run);
    if (heard.failed === undefined) return heard.stdout;
    throw trouble(heard, args);
  }
}

export function isSelector(which: string): boolean {
  return /[=!,(]/.test(which);
}

function trouble({ stderr, failed = '', missing, late }: Heard, args: readonly string[]): ToolError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^[EWI]\d{4} /.test(line));
  const said = lines.at(-1) ?? failed;
  const say = (code: string, message: string, hint?: string): ToolError =>
    new ToolError(message, { code, hint, exitCode: exitCodes.setup });
  if (missing) return say('kubectl-missing', 'kubectl is not on the PATH', 'install it, or say kill and start');
  if (late || /connection to the server|unable to connect to the server/i.test(stderr)) {
    const hint = 'kubectl cluster-info; say the context with context: NAME, or the file with KUBECONFIG';
    return say('cluster-silent', `the Kubernetes cluster does not answer: ${said}`, hint);
  }
  if (/\(Forbidden\)|Unauthorized|must be logged in/i.test(stderr)) {
    return say('kubectl-permission', `Kubernetes refuses: ${said}`, `kubectl auth can-i ${args[0]} pods`);
  }
  return say('kubectl-refused', `kubectl ${args.slice(0, 2).join(' ')}: ${said}`);
}

function podsOf(said: string): Pod[] {
  try {
    const { items } = listSchema.parse(JSON.parse(said));
    return items.map(({ metadata, spec, status }) => {
      const owner = metadata.ownerReferences.find(({ controller }) => controller)?.kind;
      return {
        ...{ name: metadata.name, uid: metadata.uid, phase: status.phase },
        ready: status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
        deleting: metadata.deletionTimestamp !== undefined,
        ...(owner === undefined ? {} : { owner }),
        graceSeconds: spec.terminationGracePeriodSeconds,
      };
    });
  } catch (cause) {
    throw new ToolError(`kubectl get pods is not understood: ${messageOf(cause).split('\n')[0]}`, {
      ...{ code: 'kubectl-not-understood', exitCode: exitCodes.setup, cause },
      hint: 'does kubectl get pods --output=json print JSON here?',
    });
  }
}

/** The Pod of the API, v1. */
const listSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        uid: z.string(),
        deletionTimestamp: z.string().optional(),
        ownerReferences: z.array(z.object({ kind: z.string(), controller: z.boolean().default(false) })).default([]),
      }),
      spec: z.object({ terminationGracePeriodSeconds: z.number().default(30) }),
      status: z.object({
        phase: z.string(),
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      }),
    }),
  ),
});

const gitVersion = z.object({ gitVersion: z.string() });
/** Without a cluster that answers kubectl fails. */
const versionSchema = z.object({ clientVersion: gitVersion, serverVersion: gitVersion });
