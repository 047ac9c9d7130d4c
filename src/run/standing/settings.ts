/** Settings of a cluster that is started on its own: held to the schema and the checks of a profile, told as options. */
import { ToolError } from '../../errors.ts';
import type { ClusterSettings } from '../../products/cluster.ts';
import { included } from '../../products/registry.ts';
import { problemsOf } from '../../profile/check/issues.ts';
import { parseProfile } from '../../profile/text/parse.ts';
import { plain } from '../../profile/text/tree.ts';

export type StandingSettings = Parameters<typeof included.format.compile>[0];

/**
 * @param given keys of `cluster` in a profile, as text or numbers; undefined: not given.
 * @throws ToolError `bad-setting` (exit 2) with a line for each that is wrong.
 */
export function standingSettings(given: Readonly<Record<string, unknown>>): StandingSettings {
  const { profile: schema, check } = included.format;
  // JSON is YAML: the same way as a profile's, so that the same mistakes have the same words
  const tree = parseProfile(JSON.stringify({ broker: included.name, ...given }), '');
  const parsed = schema.safeParse(plain(tree));
  const problems = parsed.success ? [] : problemsOf(parsed.error, schema, tree);
  const lines = problems.map(({ path, message }) => `${optionName(String(path[0] ?? ''))}: ${message}`);
  const settings = parsed.data as unknown as StandingSettings;
  if (parsed.success) {
    const written = (key: string): boolean => given[key] !== undefined;
    check?.(settings, written, (key, message) => lines.push(`${optionName(key)}: ${message}`));
  }
  if (!parsed.success || lines.length > 0) {
    throw new ToolError(lines.join('\n'), { code: 'bad-setting', hint: 'mqchaos broker start --help' });
  }
  return settings satisfies ClusterSettings;
}

/** `--in-sync-replicas` of `inSyncReplicas`. */
function optionName(key: string): string {
  const name = key === 'defects' ? 'defect' : key;
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
