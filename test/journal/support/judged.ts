/** Foreign records as the command judges them, without its files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditRun, type Finding } from '../../../src/audit/audit.ts';
import { contestsCheck } from '../../../src/audit/checks/contests.ts';
import { checks } from '../../../src/audit/checks/registry.ts';
import { forbiddenByDefault } from '../../../src/audit/class.ts';
import { type ImportRequest, importRecords } from '../../../src/journal/import.ts';

export class Judging implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'mqchaos-import-'));

  /** A file of this name with this text; objects become JSON lines. */
  put(name: string, content: string | Buffer | readonly unknown[]): string {
    const path = join(this.folder, name);
    const isText = typeof content === 'string' || Buffer.isBuffer(content);
    const lines = (values: readonly unknown[]): string =>
      values.map((each) => `${typeof each === 'string' ? each : JSON.stringify(each)}\n`).join('');
    writeFileSync(path, isText ? content : lines(content));
    return path;
  }

  /** Findings are given as lines of class and message, too. */
  async judge(request: Omit<ImportRequest, 'folder'>) {
    using records = await importRecords({ ...request, folder: this.folder });
    const found: Finding[] = [];
    const audit = await auditRun({
      ...records,
      checks: [...checks, contestsCheck(records.contests)],
      expectation: { limits: Object.fromEntries(forbiddenByDefault.map((name) => [name, 0])) },
      onFinding: (finding) => found.push(finding),
    });
    const undecided = Object.fromEntries(
      audit.findings.flatMap(({ class: name, undecided: why }) => (why === undefined ? [] : [[name, why]])),
    );
    const lines = found.map(({ class: name, message }) => `${name} ${message}`).sort();
    return { audit, found, lines, records, undecided };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
