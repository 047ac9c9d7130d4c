/** Takes what is big out of the folder of a run that went as it should: a long series of runs must not fill the disk. */
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { outputFiles } from '../../cluster/process.ts';
import type { RunFolder } from './folder.ts';

/** Data of brokers and stores go. Plan, journals, findings, record, reports, and what processes printed, stay. */
export function trim({ path, nodes, redis, effects }: RunFolder): void {
  for (const node of readdirSync(nodes)) {
    for (const file of readdirSync(join(nodes, node))) {
      if (!outputFiles.some((kept) => kept === file)) rmSync(join(nodes, node, file), { recursive: true, force: true });
    }
  }
  rmSync(redis, { recursive: true, force: true });
  for (const file of readdirSync(path)) if (file.startsWith(basename(effects))) rmSync(join(path, file));
}
