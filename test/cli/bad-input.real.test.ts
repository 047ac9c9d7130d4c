import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeHeader } from '../../src/journal/header.ts';
import { Workspace } from '../support/tool.ts';

const attached = (address: string): string => `version: 1
name: attached
question: Is anybody there?
cluster: { broker: kafka, attach: ["${address}"] }
producers: { messages: 10 }
`;

/** Each: what is written, what is called, the exit code, and what stderr must say. */
const cases: readonly [string, Record<string, string>, readonly string[], number, RegExp][] = [
  ['no such profile', {}, ['run', 'quik'], 2, /quik.*\n?.*quick/s],
  [
    'unknown key',
    { 'p.yaml': 'version: 1\nname: p\nquestion: q?\nclutser: { broker: bundled }\n' },
    ['run', 'p.yaml'],
    2,
    /p\.yaml:4:1 .*clutser.*cluster/s,
  ],
  [
    'wrong type',
    { 'p.yaml': 'version: 1\nname: p\nquestion: q?\ncluster: { broker: bundled, masters: two }\n' },
    ['run', 'p.yaml'],
    2,
    /p\.yaml:4:\d+ cluster\.masters/,
  ],
  ['impossible target', {}, ['run', 'quick', '--set', 'faults.0.target=b9'], 2, /faults\.0\.target.*b9/s],
  ['bad seed', {}, ['run', 'quick', '--seed', 'seven'], 2, /seed/],
  ['unknown command', {}, ['rnu'], 2, /rnu.*run/s],
  ['unknown option', {}, ['run', 'quick', '--sed', '1'], 2, /--seed/],
  ['a profile and a plan', { 'plan.json': '{}' }, ['run', 'quick', '--plan', 'plan.json'], 2, /exclude/],
  ['a plan from another version', { 'plan.json': '{"version":99}' }, ['run', '--plan', 'plan.json'], 2, /version 99/],
  ['no plan at all', { 'plan.json': 'hello' }, ['run', '--plan', 'plan.json'], 2, /plan\.json/],
  ['a folder that is not empty', { 'out/x': '' }, ['run', 'quick', '--out', 'out'], 2, /not empty/],
  ['an address that nothing answers', { 'p.yaml': attached('127.0.0.1:1') }, ['run', 'p.yaml'], 4, /127\.0\.0\.1:1/],
  [
    'an address of another machine',
    { 'p.yaml': attached('192.0.2.1:9092') },
    ['run', 'p.yaml'],
    2,
    /192\.0\.2\.1.*allow-remote/s,
  ],
  ['no such measure', {}, ['matrix', '--only', 'retri'], 2, /retri.*did you mean 'retry'/s],
  ['a matrix of no runs', {}, ['matrix', '--repeat', '0'], 2, /--repeat.*'0'/],
  [
    'a matrix into a folder that is not empty',
    { 'out/x': '' },
    ['matrix', '--only', 'retry', '--out', 'out'],
    2,
    /not empty/,
  ],
  ['to go on with a folder that is no matrix', { 'other/x': '' }, ['matrix', '--resume', 'other'], 2, /not a matrix/],
  ['to go on with another seed', {}, ['matrix', '--resume', 'm', '--seed', '1'], 2, /--seed does not go with --resume/],
  [
    'a pair without its difference',
    {},
    ['matrix', '--only', 'retry', '--set', 'producers.retries=0'],
    2,
    /retry: its off half is the same/,
  ],
  [
    'a cluster file with more than a cluster',
    { 'k.yaml': 'cluster: { broker: kafka, attach: ["127.0.0.1:1"] }\nfaults: []\n' },
    ['matrix', '--only', 'retry', '--cluster', 'k.yaml'],
    2,
    /k\.yaml:2:1 faults: only cluster and topic/,
  ],
  [
    'a cluster of another machine',
    { 'k.yaml': 'cluster: { broker: kafka, attach: ["192.0.2.1:9092"] }\n' },
    ['matrix', '--only', 'sync-flush', '--cluster', 'k.yaml'],
    2,
    /k\.yaml:1.*192\.0\.2\.1.*allow-remote/s,
  ],
  ['no such run', {}, ['audit', 'nowhere'], 2, /nowhere/],
  ['a folder that is no run', { 'other/x': '' }, ['audit', 'other'], 2, /not a run/],
  ['a file that is no journal', { 'x.journal': 'hello' }, ['journal', 'x.journal'], 2, /not a journal/],
  ['a run without a record', { 'run/plan.json': '{}' }, ['report', 'run'], 2, /record\.json/],
  [
    'a record that is none',
    { 'run/plan.json': '{}', 'run/record.json': 'null' },
    ['report', 'run'],
    2,
    /record\.json is not a record/,
  ],
  [
    'a record of a later version',
    { 'run/plan.json': '{}', 'run/record.json': '{"version":2}' },
    ['report', 'run'],
    2,
    /is of version 2/,
  ],
  ['acks only of a run', {}, ['audit', 'latest', '--acks-only'], 2, /--acks-only goes with --sent/],
  ['a format of a run', {}, ['audit', 'latest', '--sent-format', 'kcat'], 2, /--sent-format goes with --sent/],
  [
    'a file in another format',
    { s: '{"timestamp":1,"name":"startup_complete"}\n', r: '{"id":"a"}\n' },
    ['audit', '--sent', 's', '--received', 'r'],
    2,
    /s:1: no id.*\n.*it looks like --sent-format verifiable/,
  ],
  [
    'a map without an id',
    { s: '{}', r: '{}' },
    ['audit', '--sent', 's', '--received', 'r', '--map', 'outcome=x'],
    2,
    /--map does not say where the id is/,
  ],
  ['only half of a history', { 's.ndjson': '' }, ['audit', '--sent', 's.ndjson'], 2, /go together/],
  [
    'an empty history',
    { 's.ndjson': '', 'r.ndjson': '' },
    ['audit', '--sent', 's.ndjson', '--received', 'r.ndjson'],
    3,
    /^$/,
  ],
  [
    'a history without an ack',
    { 's.ndjson': '{"id":"1","outcome":"unknown"}\n', 'r.ndjson': '{"id":"1"}\n' },
    ['audit', '--sent', 's.ndjson', '--received', 'r.ndjson'],
    3,
    /^$/,
  ],
];

describe('bad input', () => {
  it.each(cases)('%s', async (_, files, args, code, says) => {
    using workspace = new Workspace();
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(workspace.folder, name, '..'), { recursive: true });
      writeFileSync(join(workspace.folder, name), text);
    }
    const result = await workspace.run(args);
    expect([result.code, result.stderr]).toEqual([code, expect.stringMatching(says)]);
    expect(result.stderr).not.toMatch(/at .*\.js:\d+/);
  });

  it('a port that is taken: the broker says so, exit 4', async () => {
    using workspace = new Workspace();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const { packageFolder } = await import('../../src/cluster/program.ts');
      const { startProcess } = await import('../../src/cluster/process.ts');
      const args = [join(packageFolder, 'dist/broker/main.js'), 'name-server', '--host', '127.0.0.1'];
      const owned = await startProcess({
        name: 'ns',
        command: process.execPath,
        args: [...args, '--port', String(port), '--folder', workspace.folder],
        folder: workspace.folder,
        run: workspace.folder,
        ipc: false,
      });
      expect(await owned.exit).toEqual({ exitCode: 4, signal: null });
    } finally {
      server.close();
    }
  });

  it('a journal of another version is refused, a torn one is printed as far as it is whole', async () => {
    using workspace = new Workspace();
    const header = encodeHeader({
      run: 'r',
      role: 'producer',
      writer: 'p1.1',
      producer: 0,
      clock: { source: 'monotonic', bootId: 'b', baseNs: '0', wall: '' },
      topic: 't',
      partitions: 1,
      groups: [],
      positions: 'partition',
    });
    writeFileSync(join(workspace.folder, 'torn.journal'), Buffer.concat([header, Buffer.alloc(64, 7)]));
    const torn = await workspace.run(['journal', 'torn.journal']);
    expect([torn.code, torn.stderr]).toEqual([3, expect.stringContaining('torn')]);
    header.writeUInt16LE(9, 8);
    writeFileSync(join(workspace.folder, 'newer.journal'), header);
    const newer = await workspace.run(['journal', 'newer.journal']);
    expect([newer.code, newer.stderr]).toEqual([2, expect.stringContaining('version 9')]);
  });
});
