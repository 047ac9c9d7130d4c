import type { Draft, Tell } from './check.ts';
import { checkBundled } from './check-bundled.ts';
import { isRemote } from './remote.ts';
import { literalSecrets } from './secrets.ts';
import { namesIn, targetWords } from './targets.ts';
import { at, type Tree } from './tree.ts';

export function checkCluster(draft: Draft, tree: Tree, allowRemote: boolean, tell: Tell): void {
  for (const { path, message } of literalSecrets(tree)) tell(path, message);
  const { cluster, topic, producers, consumers } = draft;
  if (cluster === undefined) return;
  if (cluster.broker === 'bundled') {
    if (topic?.replication !== undefined) {
      tell(
        ['topic', 'replication'],
        'of an attached cluster only: copies of the bundled broker are cluster.slaves',
        'key',
      );
    }
    checkBundled(
      cluster,
      (key) => at(tree, ['cluster', key]) !== undefined,
      (key, message, where) => tell(['cluster', key], message, where),
    );
    return;
  }
  if (!cluster.allowRemote && !allowRemote) {
    const remote = (path: (string | number)[], address: string): void =>
      tell(
        path,
        `${address} is not this machine; if that cluster is yours to break, set cluster.allowRemote or --allow-remote`,
      );
    for (const address of cluster.attach.filter(isRemote)) remote(['cluster', 'attach'], address);
    for (const [i, { address }] of cluster.control.entries()) {
      if (isRemote(address)) remote(['cluster', 'control', i, 'address'], address);
    }
  }
  const workers = producers && consumers && topic && namesIn({ cluster, topic, producers, consumers });
  const taken = new Set<string>([...targetWords, ...(workers?.producers ?? []), ...(workers?.consumers ?? [])]);
  for (const [i, { id }] of cluster.control.entries()) {
    if (taken.has(id)) tell(['cluster', 'control', i, 'id'], `'${id}' is taken; give the node another name`);
    taken.add(id);
  }
}
