/** Collects the lines of findings.ndjson as bytes, and passes them on when the buffer is full. */
import type { Arrays } from '../../loops/arrays.ts';
import type { Finding } from './finding.ts';
import { putFinding } from './finding-line.ts';
import { JsonBytes, sizeBytes } from './json-bytes.ts';

export class Lines {
  readonly bytes: JsonBytes;
  /** The error that `take` threw: it is not one of the check that wrote the line. */
  failure: unknown;

  /** `take` is given bytes that are overwritten once it has returned. */
  constructor(take: (bytes: Uint8Array) => void, arrays: Arrays) {
    const takeOrFail = (bytes: Uint8Array): void => {
      try {
        take(bytes);
      } catch (error) {
        this.failure = error;
        throw error;
      }
    };
    this.bytes = new JsonBytes(takeOrFail, arrays.uint8(sizeBytes));
  }

  add(finding: Finding): void {
    putFinding(this.bytes, finding);
    this.bytes.endLine();
  }

  finish(): void {
    this.bytes.flush();
  }
}
