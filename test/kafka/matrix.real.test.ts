import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MatrixRecord } from '../../src/matrix/record.ts';
import { missingKafka, startKafka } from '../support/kafka.ts';
import { Workspace } from '../support/tool.ts';

const missing = missingKafka();

describe.skipIf(missing !== undefined)(`a real Kafka${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('shows the measures that it has, and what it cannot show is named', { timeout: 600_000 }, async () => {
    await using kafka = await startKafka();
    using workspace = new Workspace();
    const control = { id: 'b1', address: kafka.bootstrap, pidFile: kafka.pidFile, start: kafka.commands.start };
    const cluster = { broker: 'kafka', attach: [kafka.bootstrap], control: [control] };
    // JSON is YAML
    writeFileSync(join(workspace.folder, 'kafka.yaml'), JSON.stringify({ cluster }));
    const only = ['--only', 'sync-send', 'sync-flush'];
    const patience = ['--set', 'consumers.sessionTimeout=6s', '--set', 'limit=5m'];
    const args = ['matrix', ...only, '--cluster', 'kafka.yaml', ...patience, '--seed', '7', '--json', '--out', 'm'];
    const { code, stdout, stderr } = await workspace.run(args);
    expect(code, stderr).toBe(0);
    const { rows } = JSON.parse(stdout) as MatrixRecord;
    expect(rows.map(({ measure, verdict, reasons }) => [measure, verdict, reasons.join('\n')])).toEqual([
      ['sync-send', 'proven', ''],
      ['sync-flush', 'not-run', expect.stringContaining('power-loss needs the bundled broker')],
    ]);
    // whatever was laid over the profiles is kept, and is the same when it goes on
    const resumed = await workspace.run(['matrix', '--resume', 'm', '--json']);
    expect([resumed.code, resumed.stdout]).toEqual([0, stdout]);
  });
});
