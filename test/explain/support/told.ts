/** A made-up run, audited as the tool does it, and the story of one of its messages. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditRun } from '../../../src/audit/audit.ts';
import { Explainer } from '../../../src/explain/explain.ts';
import type { Story as Told } from '../../../src/explain/story.ts';
import { renderStory } from '../../../src/explain/text.ts';
import type { RunFolder } from '../../audit/support/folder.ts';
import { writeModel } from '../../audit/support/model.ts';
import type { Story } from '../../audit/support/story.ts';

export interface TellOptions {
  /** Leave out the audit. */
  readonly audit?: false;
  /** Done to the folder between the audit and the question. */
  readonly spoil?: (folder: RunFolder) => void;
  readonly cluster?: { readonly broker: string };
}

export async function tell(run: Story, message: string, options: TellOptions = {}): Promise<Told> {
  using folder = writeModel(run.model());
  const findings = join(folder.path, 'findings.ndjson');
  if (options.audit !== false) {
    const lines: Buffer[] = [];
    const onLines = (bytes: Uint8Array): unknown => lines.push(Buffer.from(bytes));
    await auditRun({ journals: folder.journals(), expectation: { limits: {} }, onLines });
    writeFileSync(findings, Buffer.concat(lines));
  }
  const nodes = join(folder.path, 'nodes');
  if (options.cluster !== undefined) mkdirSync(nodes);
  options.spoil?.(folder);
  const cluster = options.cluster === undefined ? {} : { cluster: options.cluster as never };
  using explainer = await Explainer.open({ journals: folder.journals(), findings, nodes, ...cluster });
  return await explainer.message(message);
}

const unpainted = (text: string): string => text;
const paint = { green: unpainted, red: unpainted, yellow: unpainted, dim: unpainted, bold: unpainted };

export function textOf(story: Told): string {
  return renderStory(story, { paint, columns: 100 });
}

export function classesOf({ findings }: Told): string[] {
  return (findings ?? []).map(({ class: name }) => name);
}

export function whatOf({ events }: Told): string[] {
  return events.map(({ what }) => what);
}
