import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageFolder } from '../src/cluster/program.ts';

const source = join(packageFolder, 'src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/**
 * Which areas, or single files of them, each area may see beside itself, `counted`, `errors`, `suggest` and `wait` (the broker: nothing at all). This is
 * the table; biome.json has the same for editors, and a test holds it to this one.
 */
const mayImport: Record<string, readonly string[]> = {
  audit: ['journal', 'loops'],
  journal: ['loops'],
  loops: [],
  workers: ['cluster/process.ts', 'products', 'effects', 'journal', 'plan'],
  faults: [
    'cluster/controls.ts',
    'effects/points.ts',
    'journal',
    'link/wire/rule.ts',
    'plan',
    'profile/schema/units.ts',
  ],
  broker: [],
  volume: [],
  link: ['products/protocols.ts'],
  products: [
    'broker/store/log/entry.ts',
    'broker/wire/record-batch.ts',
    'broker/wire/api.ts',
    'broker/wire/crc32c.ts',
    'broker/wire/codes.ts',
    'broker/wire/frame.ts',
    'broker/wire/message.ts',
    'broker/wire/reader.ts',
    'broker/wire/types.ts',
    'broker/wire/apis/groups.ts',
    'broker/wire/apis/offsets.ts',
    'broker/wire/apis/records.ts',
    'broker/wire/apis/topics.ts',
    'cluster/controls.ts',
    'cluster/node-spec.ts',
    'cluster/process.ts',
    'audit/class.ts',
    'link/interceptor.ts',
    'link/orders.ts',
    'link/random.ts',
    'link/wire/orders.ts',
    'link/wire/rule.ts',
    'link/wire/rule-book.ts',
    'plan/clause.ts',
    'plan/plan.ts',
    'plan/taken.ts',
    'plan/threats.ts',
    'profile/schema/map.ts',
    'profile/schema/secret-reference.ts',
    'profile/schema/units.ts',
    'profile/schema/usual-words.ts',
  ],
  effects: ['journal/event.ts'],
  report: ['audit', 'plan'],
  explain: ['audit', 'journal', 'products', 'report'],
  cluster: [
    'journal',
    'link/wire/rule.ts',
    'products/cluster.ts',
    'products/product.ts',
    'volume/core/cut.ts',
    'volume/namespace.ts',
  ],
  query: ['audit', 'journal', 'explain/records.ts', 'report/words/phrases.ts', 'report/words/plain.ts'],
  profile: [
    'faults/registry.ts',
    'faults/fault.ts',
    'cluster/controls.ts',
    'audit/class.ts',
    'audit/meaning.ts',
    'products',
    'effects/registry.ts',
    'effects/settings.ts',
  ],
  plan: ['profile', 'products', 'audit/class.ts'],
  run: ['profile', 'plan', 'cluster', 'products', 'effects', 'faults', 'workers', 'journal', 'audit', 'report'],
  matrix: ['profile', 'plan', 'products', 'effects/probe.ts', 'effects/settings.ts', 'audit', 'report', 'run'],
  repeat: ['audit', 'plan', 'report', 'run'],
  init: ['profile/remote.ts', 'products', 'cluster'],
  cli: [
    'profile',
    'plan',
    'cluster',
    'products',
    'effects/probe.ts',
    'effects/registry.ts',
    'faults',
    'journal',
    'audit',
    'report',
    'explain',
    'query',
    'run',
    'matrix',
    'repeat',
    'init',
  ],
};
const areas = Object.keys(mayImport);

/** Which rooms (folders) of the broker each room may see beside itself. Only `main.ts` puts an honest node and defects together. */
const brokerRooms: Record<string, readonly string[]> = {
  world: [],
  wire: [],
  rpc: ['wire', 'world'],
  store: ['wire', 'world'],
  routes: ['rpc', 'wire', 'world'],
  'name-server': ['routes', 'rpc', 'wire', 'world'],
  groups: ['rpc', 'store', 'wire', 'world'],
  replication: ['routes', 'rpc', 'store', 'wire', 'world'],
  node: ['groups', 'replication', 'routes', 'rpc', 'store', 'wire', 'world'],
  defects: ['node', 'store', 'wire'],
};
/** Files beside `main.ts` that every room may see. */
const brokerShared = ['bell.ts', 'errors.ts', 'opened.ts', 'serial.ts', 'small-file.ts', 'waiting.ts'];

/** The same for the rooms of the broker's store, of which `store.ts` is the front. */
const storeRooms: Record<string, readonly string[]> = {
  files: [],
  log: ['files'],
  index: ['files'],
  partitions: ['index', 'log'],
  checkpoint: ['index', 'log', 'partitions'],
};

describe('boundaries', () => {
  it.each(areas)('%s imports only what it may', (area) => {
    const allowed = [
      area,
      ...(mayImport[area] ?? []),
      ...(area === 'broker' ? [] : ['counted.ts', 'errors.ts', 'suggest.ts', 'wait.ts']),
    ];
    const wrong = files
      .filter((file) => areaOf(file) === area)
      .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
      .filter(({ target }) => !allowed.includes(areaOf(target)) && !allowed.includes(target));
    expect(wrong).toEqual([]);
  });

  it.each(areas)('%s may import nothing that it does not', (area) => {
    const targets = files.filter((file) => areaOf(file) === area).flatMap(importsOf);
    const unused = (mayImport[area] ?? []).filter(
      (name) => !targets.some((target) => [target, areaOf(target)].includes(name)),
    );
    expect(unused).toEqual([]);
  });

  it('biome.json says the same', () => {
    const { overrides } = JSON.parse(readFileSync(join(packageFolder, 'biome.json'), 'utf8'));
    const restricted = new Map(
      overrides.flatMap(({ includes, linter }: Override) => {
        const options = linter.rules.style.noRestrictedImports?.options;
        return options === undefined ? [] : [[includes.join(' '), options]];
      }),
    );
    expect(Object.fromEntries(restricted)).toEqual({
      ...Object.fromEntries(areas.map((area) => [`src/${area}/**`, rulesOf(area)])),
      'src/broker/*/** !src/broker/defects/**': honestRules(),
    });
  });

  it.each([
    { folder: 'broker', rooms: brokerRooms, shared: brokerShared },
    { folder: 'broker/store', rooms: storeRooms, shared: [] },
  ])('rooms of $folder import exactly the rooms that they may', ({ folder, rooms, shared }) => {
    const seen = Object.fromEntries(Object.keys(rooms).map((room) => [room, new Set<string>()]));
    for (const file of files.filter((one) => one.startsWith(`${folder}/`))) {
      const room = roomOf(folder, file);
      for (const target of importsOf(file).filter((one) => one.startsWith(`${folder}/`))) {
        const other = roomOf(folder, target);
        if (other !== room && !shared.includes(other)) seen[room]?.add(other);
      }
    }
    expect(Object.fromEntries(Object.entries(seen).map(([room, others]) => [room, [...others].sort()]))).toEqual(rooms);
    const found = new Set(files.filter((file) => file.startsWith(`${folder}/`)).map((file) => roomOf(folder, file)));
    expect([...found].filter((room) => !room.endsWith('.ts')).sort()).toEqual(Object.keys(rooms).sort());
  });

  it('one file puts defects into the broker', () => {
    const importing = files
      .filter((file) => !file.startsWith('broker/defects/'))
      .filter((file) => importsOf(file).some((target) => target.startsWith('broker/defects/')));
    expect(importing).toEqual(['broker/main.ts']);
  });

  it('every area has its rules', () => {
    const found = new Set(files.filter((file) => file.includes('/')).map(areaOf));
    expect([...found].sort()).toEqual([...areas].sort());
  });

  it('the story of a message loads no schema library: that takes half as long as the story', () => {
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      const text = textOf(file).replace(/^import type .*;$/gm, '');
      for (const [, path] of text.matchAll(/^(?:import|export) [^;]*? from '(\.[^']+)'/gms))
        load(relative(source, join(source, file, '..', path ?? '')));
    };
    load('cli/commands/explain.ts');
    expect([...loaded].filter((file) => /^import \{ z \} from 'zod'/m.test(textOf(file)))).toEqual([]);
  });

  it('processes are started in one file', () => {
    const starters = files.filter((file) => /from 'execa'|from 'node:child_process'/.test(textOf(file)));
    // a volume mounts itself, in a process of its own
    expect(starters).toEqual(['cluster/process.ts', 'volume/mount.ts', 'volume/ext4/command.ts']);
  });

  it('a product is named in its own room only', () => {
    // a Redis is also a store of effects, and the broker that comes with mqchaos speaks another product's protocol
    // and a format of records is called after the tool that writes it: it reads lines and talks to nobody
    const elsewhere = files
      .filter((file) => !['products', 'broker', 'effects'].includes(areaOf(file)))
      .filter((file) => !file.startsWith('journal/import/formats/'));
    const named =
      /\b(kafka|kafkajs|rocketmq|rabbitmq|amqp|amqplib|nats|jetstream)\b|'bundled'|bundled (broker|cluster)/i;
    const found = elsewhere.flatMap((file) =>
      textOf(file)
        .split('\n')
        .flatMap((line, index) => (named.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });

  it('whoever waits for a time does so by wait.ts: with a signal', () => {
    const own = /setTimeout\(resolve|setTimeout[^;]*from 'node:timers\/promises'/;
    expect(files.filter((file) => areaOf(file) !== 'broker' && own.test(textOf(file)))).toEqual([]);
  });

  it('a count meets its noun in one place', () => {
    const own = files.filter((file) => areaOf(file) !== 'broker' && /=== 1 \? '(\w+)' : '\1s'/.test(textOf(file)));
    expect(own).toEqual([]);
  });

  it('the broker takes its world as an argument', () => {
    const touching = files
      .filter((file) => areaOf(file) === 'broker' && !file.startsWith('broker/world/') && file !== 'broker/main.ts')
      .filter((file) =>
        /from 'node:(fs|net|timers|child_process|os)|Math\.random\(|Date\.now\(|setTimeout\(/.test(textOf(file)),
      );
    expect(touching).toEqual([]);
  });

  it('randomness and the wall clock have their places', () => {
    const random = files.filter((file) => /Math\.random\(/.test(textOf(file)));
    expect(random.filter((file) => !file.startsWith('broker/world/'))).toEqual([]);
  });
});

function textOf(file: string): string {
  return readFileSync(join(source, file), 'utf8');
}

function importsOf(file: string): string[] {
  const found = textOf(file).matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, path]) => relative(source, join(source, file, '..', path ?? '')));
}

function areaOf(file: string): string {
  return file.split('/')[0] ?? '';
}

/** The folder directly in `folder` that holds the file, or the name of a file that is in no folder of it. */
function roomOf(folder: string, file: string): string {
  return file.slice(folder.length + 1).split('/')[0] ?? '';
}

interface Override {
  readonly includes: readonly string[];
  readonly linter: {
    readonly rules: { readonly style: { readonly noRestrictedImports?: { readonly options: unknown } } };
  };
}

/** Options of biome's `noRestrictedImports` for an area. */
function rulesOf(area: string) {
  const may = mayImport[area] ?? [];
  const hidden = areas.filter((other) => other !== area && !may.includes(other)).map((other) => `**/${other}/**`);
  const shown = may.filter((name) => name.includes('/')).map((file) => `!**/${file}`);
  return {
    paths: area === 'cluster' ? {} : { execa: 'Processes are started in cluster/process.ts only.' },
    patterns: [{ group: [...hidden, ...shown], message: `${area} may not see this: test/architecture.test.ts.` }],
  };
}

/** The same for the broker without its defects: nothing honest imports a lie. */
function honestRules() {
  const { paths, patterns } = rulesOf('broker');
  const group = [...patterns.flatMap((one) => one.group), '**/defects/**'];
  return { paths, patterns: [{ group, message: 'The honest broker may not see this: test/architecture.test.ts.' }] };
}
