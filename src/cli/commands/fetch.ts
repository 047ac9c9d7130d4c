/** `mqchaos fetch NAME`: the jars of a broker, from Maven Central into the user's cache. */

import { Command } from 'commander';
import { counted } from '../../counted.ts';
import { ToolError } from '../../errors.ts';
import type { Distribution } from '../../products/distribution.ts';
import { brokerWords, products } from '../../products/registry.ts';
import { differenceIn, fetchDistribution, folderOf } from '../../run/fetch/fetch.ts';
import { didYouMean } from '../../suggest.ts';
import { type OutputOptions, terminalOf, withOutput } from '../options.ts';
import { asCalled } from '../terminal.ts';

const fetched = products.filter((product) => product.distribution !== undefined);

export function fetchCommand(): Command {
  const names = fetched.map(({ name }) => name);
  const command = new Command('fetch')
    .description('fetch the jars of a broker with Maven, checked against a pinned list, into the cache of this user')
    .argument(`[${names.join('|')}]`, 'without one: which of them are there')
    .addHelpText(
      'after',
      asCalled(`\nExamples:\n  mqchaos fetch\n  mqchaos fetch ${names[0]}`) +
        '\n\nThe cache is $XDG_CACHE_HOME/mqchaos, or ~/.cache/mqchaos; remove it when it is not wanted any more.',
    );
  return withOutput(command, 'one JSON document on stdout').action(fetchOrList);
}

async function fetchOrList(name: string | undefined, options: OutputOptions): Promise<void> {
  const terminal = terminalOf(options);
  if (name === undefined) {
    const there = await Promise.all(fetched.map(({ name: each }) => distributionOf(each)));
    const all = there.map((one) => ({ ...nameOf(one), found: differenceIn(folderOf(one), one) === undefined }));
    const lines = all.map(
      ({ found, folder, ...one }) =>
        `${one.name} ${one.version}  ${found ? folder : `not there: ${asCalled(`mqchaos fetch ${one.name}`)}`}`,
    );
    return terminal.result(
      options.json === true ? JSON.stringify({ distributions: all }, undefined, 2) : lines.join('\n'),
    );
  }
  const distribution = await distributionOf(name);
  terminal.say(`${name} ${distribution.version}: ${counted(distribution.artifacts.length, 'jar')}`);
  const { found } = await fetchDistribution(distribution);
  terminal.say(found ? 'there already, and whole' : 'fetched, and as pinned');
  const { folder } = nameOf(distribution);
  terminal.result(options.json === true ? JSON.stringify({ ...nameOf(distribution), found }, undefined, 2) : folder);
}

/** @throws ToolError `unknown-distribution` (exit 2). */
async function distributionOf(name: string): Promise<Distribution> {
  const product = fetched.find((each) => each.name === name);
  const found = await product?.distribution?.();
  if (found !== undefined) return found;
  const names = fetched.map((each) => each.name);
  throw new ToolError(`there is no distribution "${name}"${didYouMean(name, names, brokerWords)}`, {
    code: 'unknown-distribution',
    hint: `one of: ${names.join(', ')}`,
  });
}

function nameOf(distribution: Distribution) {
  const { name, version } = distribution;
  return { name, version, folder: folderOf(distribution) };
}
