import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Workspace } from '../support/tool.ts';

it('report --against: two audits of records, and the exit code of the first', async () => {
  using workspace = new Workspace();
  const audited = async (out: string, received: string): Promise<void> => {
    writeFileSync(join(workspace.folder, 'sent'), '{"id":"a","outcome":"acked"}\n{"id":"b","outcome":"acked"}\n');
    writeFileSync(join(workspace.folder, 'received'), received);
    await workspace.run(['audit', '--sent', 'sent', '--received', 'received', '--out', out]);
  };
  await audited('good', '{"id":"a"}\n{"id":"b"}\n');
  await audited('bad', '{"id":"a"}\n');

  const worse = await workspace.run(['report', 'bad', '--against', 'good', '--json']);
  expect(worse.code, worse.stderr).toBe(1);
  const lost = { name: 'lost', before: 0, after: 1, change: 'worse' };
  expect(JSON.parse(worse.stdout)).toMatchObject({ verdict: 'worse', classes: [lost] });
  const better = await workspace.run(['report', 'good', '--against', 'bad']);
  expect(better.code, better.stderr).toBe(0);
  expect(better.stdout).toMatch(/lost +1 +0 +✓ better/);

  const itself = await workspace.run(['report', 'good', '--against', 'good']);
  expect([itself.code, itself.stderr.split('\n')[0]]).toEqual([2, '✗ the runs do not compare: it is the same run']);
  expect((await workspace.run(['report', 'good', '--against', 'none'])).code).toBe(2);
});
