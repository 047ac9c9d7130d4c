/** Keys of `cluster` for brokers that are there already: how to reach them, and what faults may do to their nodes. */
import { z } from 'zod';
import { map } from '../profile/schema/map.ts';
import { plannedSecret } from '../profile/schema/secret-reference.ts';
import { choice, flag, text } from '../profile/schema/units.ts';
import type { TellKey } from './product.ts';

const addressPattern = /^(\[[0-9a-fA-F:]+\]|[^\s:,[\]]+):\d{1,5}$/;

const secret = `as \${NAME}, the name of an environment variable; it is read when the run connects`;

/** How to connect with TLS: files, or references to the environment. */
const tlsSchema = map({
  ca: text(`expected a path, or \${NAME}`)
    .exactOptional()
    .describe('File of the certificates to trust (PEM). Default: those of the system.'),
  cert: text(`expected a path, or \${NAME}`).exactOptional().describe('File of the certificate of this client (PEM).'),
  key: text(`expected a path, or \${NAME}`)
    .exactOptional()
    .describe(`File of the private key of this client (PEM), or the key itself ${secret}.`),
  servername: text()
    .exactOptional()
    .describe("Name to expect in the cluster's certificate, where it is not the host's."),
});

/** How to log in by SASL; secrets are references to the environment. */
export const saslSchema = map({
  mechanism: choice(['plain', 'scram-sha-256', 'scram-sha-512']).describe('How to log in.'),
  username: text().describe(`User name, or ${secret}.`),
  password: text().describe(`Password, only ${secret}.`),
});

/** How to log in by name and password; secrets are references to the environment. */
export const loginSchema = map({
  username: text().describe(`User name, or ${secret}.`),
  password: text().describe(`Password, only ${secret}.`),
});

/** A way to a process that is not ours. Commands run in a shell of the user's; `pidFile` allows signals. */
export const nodeControlSchema = map({
  id: text('expected a name of letters, digits, dots and dashes', /^[A-Za-z][A-Za-z0-9._-]{0,63}$/).describe(
    'Name of the node in this profile, in plans and in reports.',
  ),
  address: text('expected an address, host:port', addressPattern).describe(
    'Its address as the cluster gives it to clients, host:port; tells which node leads a partition.',
  ),
  pidFile: text().exactOptional().describe('File that holds its process id, for signals.'),
  kill: text().exactOptional().describe('Shell command that kills it at once, instead of SIGKILL.'),
  stop: text().exactOptional().describe('Shell command that stops it in order, instead of SIGTERM.'),
  start: text().exactOptional().describe('Shell command that starts it again.'),
  docker: named('expected the name or id of a container').describe(
    'Name or id of the container that it is in; says how to do all of it: see docs/containers.md.',
  ),
  compose: named('expected the name of a service in a compose file').describe(
    'Service of a compose project that it is; says how to do all of it, as docker.',
  ),
  project: named('expected the name of a compose project').describe(
    'With compose: name of the project, where the service is in several.',
  ),
  file: text('expected the path of a compose file')
    .exactOptional()
    .describe('With compose: the compose file, where the service is in several projects.'),
  kubectl: text("expected the name of a pod, or a label selector such as 'app=kafka'", /^[A-Za-z0-9(!][^\s]*$/)
    .exactOptional()
    .describe('Name of its Kubernetes pod, or a label selector that picks it; says how to do all of it.'),
  namespace: named('expected the name of a namespace').describe(
    "With kubectl: the pod's namespace. Default: that of the context.",
  ),
  context: text('expected the name of a context')
    .exactOptional()
    .describe('With kubectl: the context. Default: the current one.'),
  container: named('expected the name of a container').describe(
    "With kubectl: which container of the pod the broker is. Default: kubectl's choice.",
  ),
});

/** A name that goes to a command line: never taken for an option there. */
function named(expectation: string) {
  return text(expectation, /^[A-Za-z0-9][\w.-]*$/).exactOptional();
}

/** `attach`. */
export function addresses() {
  const error = 'expected addresses host:port, such as [localhost:9092]';
  const written = z.union([z.string({ error }), z.array(z.string({ error })).min(1, { error })], { error });
  return written
    .transform((given, context): string[] => {
      const parts = [given].flat().flatMap((part) => part.split(',').map((address) => address.trim()));
      const wrong = parts.find((address) => !addressPattern.test(address) || Number(address.split(':').at(-1)) > 65535);
      if (wrong === undefined) return parts;
      context.addIssue({ code: 'custom', message: error, input: given });
      return z.NEVER;
    })
    .describe('Addresses to connect to, host:port, as a list or in one text with commas.');
}

export function control() {
  return z
    .array(nodeControlSchema, { error: 'expected a list of nodes' })
    .prefault([])
    .describe('The nodes that faults may act on, and how. Without it faults can only act on producers and consumers.');
}

export function tls() {
  return tlsSchema
    .exactOptional()
    .describe('Connect with TLS; an empty map takes the defaults. Paths are relative to the working directory.');
}

export function allowRemote() {
  return flag()
    .prefault(false)
    .describe('Allows addresses that are not of this machine. The cluster must be yours: faults will break it.');
}

const address = z.string().min(1);
/** Keys of an attached cluster as in `plan.json`. */
export const attachedPlan = {
  attach: z.array(address).min(1),
  /** Nodes that faults may act on, and how; empty when the profile gives no way. */
  control: z.array(nodeControlSchema),
  tls: tlsSchema.exactOptional(),
  sasl: saslSchema.extend({ password: plannedSecret }).exactOptional(),
  login: loginSchema.extend({ password: plannedSecret }).exactOptional(),
  /** The user has said that this cluster may be broken although it is not on this machine. */
  allowRemote: z.literal(true).exactOptional(),
} as const;

/**
 * Tells of keys that are about the other kind of cluster.
 * @param started keys that say what brokers of the run's own are like.
 * @param reached keys that say how to reach brokers which are there already.
 */
export function checkAttach(
  { attach }: { readonly attach?: unknown },
  { started, reached }: { readonly started: readonly string[]; readonly reached: readonly string[] },
  written: (key: string) => boolean,
  tell: TellKey,
): void {
  const [keys, why] =
    attach === undefined
      ? [reached, "goes with 'attach' only: these brokers are started for the run; leave it out, or set attach"]
      : [
          started,
          "does not go with 'attach': those brokers are as they were started; leave it out, or leave out attach",
        ];
  for (const key of keys.filter(written)) tell(key, why, 'key');
}
