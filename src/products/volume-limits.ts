/** What a kind of disk cannot do of what a fault asks of it. */
import type { DiskAsk, DiskRule } from '../cluster/controls.ts';
import type { ClusterSettings } from './cluster.ts';
import { volumeOf } from './volume.ts';

const remedy = "set cluster.volume to 'fuse'";

/** Completes `disk-slow …`: why the disks of this cluster cannot do that, with the remedy; undefined: they can. */
export function diskLimit(cluster: ClusterSettings, ask: DiskAsk): string | undefined {
  switch (volumeOf(cluster)?.kind) {
    case 'fuse':
      return undefined;
    case 'ext4':
      return ext4Limit(ask);
    case undefined:
      return ownLimit(ask);
  }
}

function ext4Limit(ask: DiskAsk): string | undefined {
  if ('torn' in ask)
    return `with torn: true needs a disk that knows what was written when: ext4 does not tell; ${remedy}`;
  if (!('rule' in ask)) return undefined;
  const { rule } = ask;
  if (rule.path !== undefined || rule.times !== undefined) {
    return `cannot be for some requests only on ext4, which fails as a whole: leave out path and requests, or ${remedy}`;
  }
  if (!('fail' in rule)) {
    return `cannot be done to an ext4 volume, which is ${'hang' in rule ? 'frozen by writing all out first' : 'as fast as the disk below it'}; ${remedy}`;
  }
  const fails = rule.fail === 'EIO' ? ['write', 'sync'] : ['write'];
  if (rule.on.every((each) => fails.includes(each)) && fails.every((each) => rule.on.some((on) => on === each))) {
    return undefined;
  }
  return `on [${rule.on.join(', ')}] cannot be done to an ext4 volume, which fails as a whole: leave out on, or ${remedy}`;
}

/** A process that keeps its own account of what it has synced. */
function ownLimit(ask: DiskAsk): string | undefined {
  return 'rule' in ask ? ownRuleLimit(ask.rule) : undefined;
}

function ownRuleLimit(rule: DiskRule): string | undefined {
  if (rule.path !== undefined || rule.times !== undefined || rule.on.includes('read')) {
    return `cannot be for reads, some files or some requests by this broker's own account of its disk; ${remedy}`;
  }
  if ('hang' in rule) return `cannot be done by this broker's own account of its disk; ${remedy}`;
  if ('delayMs' in rule && rule.on.includes('write')) {
    return `of writes cannot be done by this broker's own account of its disk; ${remedy}`;
  }
  if ('fail' in rule && rule.fail === 'EROFS') {
    return `cannot be done by this broker's own account of its disk; ${remedy}`;
  }
  return undefined;
}
