/** An expected failure of a node. `main.ts` prints it as one JSON line on stderr and chooses the exit code. */
export class BrokerError extends Error {
  readonly code: string;
  readonly hint: string;

  /** @param code kebab case, stable: scripts read it. @param hint the next thing to do. */
  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'BrokerError';
    this.code = code;
    this.hint = hint;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
