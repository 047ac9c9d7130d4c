/** The lines of findings.ndjson, as bytes that are handed on when there are enough of them. */
import type { Arrays } from '../loops/arrays.ts';
import type { Finding } from './finding.ts';
import { putFinding } from './finding-line.ts';
import { JsonBytes, sizeBytes } from './json-bytes.ts';

export class Lines {
  readonly bytes: JsonBytes;

  /** `take` is given bytes that are overwritten when it has returned. */
  constructor(take: (bytes: Uint8Array) => void, arrays: Arrays) {
    this.bytes = new JsonBytes(take, arrays.uint8(sizeBytes));
  }

  add(finding: Finding): void {
    putFinding(this.bytes, finding);
    this.bytes.endLine();
  }

  finish(): void {
    this.bytes.flush();
  }
}
