/** Small programs of a node's folder: an operator's commands with the right environment, and how a node comes back empty. */
import { join } from 'node:path';
import type { Program } from '../../cluster/node-spec.ts';
import { erlangName } from './nodes.ts';

/** Made once, readable for its owner alone, for whoever has it may run anything on the nodes. */
export function cookieScript(home: string): Program {
  const program = `const fs = require('node:fs');
fs.mkdirSync(${JSON.stringify(home)}, { recursive: true, mode: 0o700 });
const cookie = require('node:crypto').randomBytes(24).toString('hex');
fs.writeFileSync(${JSON.stringify(join(home, '.erlang.cookie'))}, cookie, { mode: 0o400, flag: 'wx' });
console.log('{"cookie":"made"}');`;
  return { command: process.execPath, args: ['-e', program] };
}

/** A command of RabbitMQ's for this node: for people as well, who look at what a run has left. */
export function commandScript(environment: Readonly<Record<string, string>>, folder: string, command: string): string {
  const settings = Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return ['#!/bin/sh', ...settings, `exec ${quoted(join(folder, command))} "$@"`, ''].join('\n');
}

/**
 * Before a start without data. Its peers still know a node that has lost its disk, and refuse an empty one of that name;
 * so the first of them that is alive forgets it, which also takes it out of the quorum queues: a member of a Raft group
 * that has forgotten its log may not vote. That it is to be taken in again is noted in a file, for the driver (see
 * client/readiness.ts). At the very first start nobody is alive, and there is nothing to do.
 */
export function rejoinScript(id: string, ids: readonly string[], epmd: string): string {
  const peers = ids.filter((peer) => peer !== id).join(' ');
  const name = erlangName(id);
  return `#!/bin/sh
cd "$(dirname "$0")" || exit 1
alive=$(${quoted(epmd)} -names 2>/dev/null)
tries=0
while [ "$tries" -lt 10 ]; do
  known=no
  for peer in ${peers}; do
    case "$alive" in *"name $peer at "*) ;; *) continue ;; esac
    members=$("../$peer/rabbitmqctl" -q -t 10 eval 'rabbit_nodes:all().' 2>/dev/null) || continue
    case "$members" in *${name}*) known=yes ;; *) continue ;; esac
    if said=$("../$peer/rabbitmqctl" -q -t 30 forget_cluster_node ${name} 2>&1); then
      touch ${rejoinedFile}
      echo "{\\"forgottenBy\\":\\"$peer\\"}"
      exit 0
    fi
  done
  [ "$known" = no ] && exit 0
  tries=$((tries + 1))
  sleep 1
done
echo "no peer forgets ${name}: $said" >&2
exit 1
`;
}

/** In the node's folder: it was forgotten by its peers, and is no member of the queues that it was. */
export const rejoinedFile = 'rejoined';

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
