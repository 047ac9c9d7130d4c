import { BrokerError, messageOf } from '../../errors.ts';
import { errnoOf } from '../../world/errno.ts';

/**
 * Stops the log at the first failure of its disk: nobody knows what the disk holds after that, so nothing is written any
 * more until the node is restarted.
 */
export class FailStop {
  readonly #stopped: (failure: BrokerError) => void;
  #failure: BrokerError | undefined;

  /** @param stopped called once, at the first failure */
  constructor(stopped: (failure: BrokerError) => void) {
    this.#stopped = stopped;
  }

  /** Why nothing is written any more. */
  get failure(): BrokerError | undefined {
    return this.#failure;
  }

  /**
   * Runs something that changes the disk. Throws `write-failed`, `sync-failed` or `truncate-failed` if it fails. When no
   * file can be opened (`too-many-files`), the disk is as it was, and the log goes on.
   */
  async run<T>(what: 'write' | 'sync' | 'truncate', work: () => Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await work();
    } catch (error) {
      if (isShortOfFiles(error)) throw tooManyFiles(error);
      const hint = 'the disk failed; restart the node once it is repaired';
      const failure = new BrokerError(`${what}-failed`, `${what} failed: ${messageOf(error)}`, hint, error);
      if (this.#failure === undefined) {
        this.#failure = failure;
        this.#stopped(failure);
      }
      throw failure;
    }
    // Another call may have failed while this one ran: then the result of this one cannot be relied on either.
    this.refuseIfFailed();
    return result;
  }

  /** Throws the first failure, if there was one. */
  refuseIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function isShortOfFiles(error: unknown): boolean {
  return errnoOf(error) === 'EMFILE' || errnoOf(error) === 'ENFILE';
}

function tooManyFiles(error: unknown): BrokerError {
  const hint = 'raise the limit of open files (ulimit -n), or end connections';
  return new BrokerError('too-many-files', `no more files can be opened: ${messageOf(error)}`, hint, error);
}
