import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MatrixRecord } from '../../../../src/matrix/record.ts';
import { missingKafka, startKafka, startKafkaCluster } from '../../../support/kafka.ts';
import { Workspace } from '../../../support/tool.ts';

const missing = missingKafka();

describe.skipIf(missing !== undefined)(`a real Kafka${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('shows the measures that it has, and what it cannot show is named', { timeout: 600_000 }, async () => {
    await using kafka = await startKafka();
    using workspace = new Workspace();
    const control = { id: 'b1', address: kafka.bootstrap, pidFile: kafka.pidFile, start: kafka.commands.start };
    const cluster = { broker: 'kafka', attach: [kafka.bootstrap], control: [control] };
    // JSON is YAML
    writeFileSync(join(workspace.folder, 'kafka.yaml'), JSON.stringify({ cluster }));
    const only = ['--only', 'sync-send', 'several-masters', 'sync-flush'];
    const args = [
      'matrix',
      ...only,
      '--cluster',
      'kafka.yaml',
      '--set',
      'limit=5m',
      '--seed',
      '7',
      '--json',
      '--out',
      'm',
    ];
    const { code, stdout, stderr } = await workspace.run(args);
    expect(code, stderr).toBe(0);
    const { rows } = JSON.parse(stdout) as MatrixRecord;
    expect(rows.map(({ measure, verdict, reasons }) => [measure, verdict, reasons.join('\n')])).toEqual([
      ['sync-send', 'proven', ''],
      ['several-masters', 'not-run', 'it takes 2 brokers, and the cluster file names 1'],
      ['sync-flush', 'not-run', expect.stringContaining('only a power cut takes it')],
    ]);
    // whatever was laid over the profiles is kept, and is the same when it goes on
    const resumed = await workspace.run(['matrix', '--resume', 'm', '--json']);
    expect([resumed.code, resumed.stdout]).toEqual([0, stdout]);
  });

  it('of three brokers shows what takes several', { timeout: 600_000 }, async () => {
    await using kafka = await startKafkaCluster();
    using workspace = new Workspace();
    const only = ['--only', 'several-masters', 'sync-replication'];
    const args = ['matrix', ...only, '--cluster', kafka.file, '--set', 'limit=5m', '--seed', '7', '--json'];
    const { code, stdout, stderr } = await workspace.run(args);
    expect(code, stderr).toBe(0);
    const { rows } = JSON.parse(stdout) as MatrixRecord;
    const shown = rows.map(({ measure, verdict, halves }) => [
      measure,
      verdict,
      ...halves.map(({ profile }) => profile),
    ]);
    expect(shown).toEqual([
      ['several-masters', 'proven', 'kafka-several-brokers', 'kafka-several-brokers-off'],
      ['sync-replication', 'proven', 'kafka-acks-all', 'kafka-acks-all-off'],
    ]);
  });
});
