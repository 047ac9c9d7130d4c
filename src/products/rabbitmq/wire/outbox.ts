/** What goes to the client, in order: one that is to be late holds back all that comes behind it. */

/** What becomes of one that is to be late. */
interface Late {
  left(): void;
  /** It never goes. */
  dropped(): void;
}

interface Piece {
  /** Undefined: the end. */
  readonly bytes: Buffer | undefined;
  readonly late?: Late;
  dueMs: number;
}

export class Outbox {
  readonly #send: (bytes: Buffer) => void;
  readonly #end: () => void;
  #pieces: Piece[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (bytes: Buffer) => void, end: () => void) {
    this.#send = send;
    this.#end = end;
  }

  put(bytes: Buffer): void {
    if (this.#pieces.length === 0) this.#send(bytes);
    else this.#pieces.push({ bytes, dueMs: 0 });
  }

  /** Returns what lets it go at once. */
  putLate(bytes: Buffer, delayMs: number, late: Late): () => void {
    const piece: Piece = { bytes, late, dueMs: performance.now() + delayMs };
    this.#pieces.push(piece);
    this.#release();
    return () => {
      piece.dueMs = 0;
      this.#release();
    };
  }

  /** Behind everything. */
  end(): void {
    this.#pieces.push({ bytes: undefined, dueMs: 0 });
    this.#release();
  }

  /** What has not gone never does. */
  drop(): void {
    clearTimeout(this.#timer);
    const left = this.#pieces;
    this.#pieces = [];
    for (const { late } of left) late?.dropped();
  }

  #release(): void {
    clearTimeout(this.#timer);
    for (let first = this.#pieces[0]; first !== undefined; first = this.#pieces[0]) {
      const waitMs = first.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#release(), Math.ceil(waitMs));
        return;
      }
      this.#pieces.shift();
      first.late?.left();
      if (first.bytes === undefined) this.#end();
      else this.#send(first.bytes);
    }
  }
}
