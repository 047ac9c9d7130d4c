type Numbers = Int32Array | Uint32Array | Float64Array | Uint8Array;

/** Numbers, and arrays in the memory of the loops, by the names under which assembly/ exports them. */
export type Settings = Readonly<Record<string, number | Numbers>>;
/** What a `WebAssembly.Global` is to others: consumers of our types need not know of WebAssembly. */
export interface Setting {
  value: number;
}
export type Preset = readonly (readonly [Setting, number])[];

export function apply(preset: Preset): void {
  for (const [setting, value] of preset) setting.value = value;
}

/** The value of a setting that is an address or a count: JavaScript sees it as a negative number from 2 ** 31 on. */
export function unsignedIn(setting: { readonly value: number }): number {
  return setting.value >>> 0;
}

/** One WebAssembly loop with its settings, which are numbers and addresses of arrays. */
export class Loop {
  readonly #exports: Readonly<Record<string, unknown>>;
  readonly #run: (from: number, end: number) => number;
  readonly #chunkAt: number;
  readonly #buffers: WeakSet<ArrayBufferLike>;
  /** The initial values of the settings that were used. */
  readonly #initial = new Map<string, number>();

  constructor(exports: Readonly<Record<string, unknown>>, chunkAt: number, buffers: WeakSet<ArrayBufferLike>) {
    this.#exports = exports;
    this.#run = exports.run as (from: number, end: number) => number;
    this.#chunkAt = chunkAt;
    this.#buffers = buffers;
  }

  /** Sets settings, by the names under which assembly/ exports them. */
  set(settings: Settings): void {
    apply(this.preset(settings));
  }

  /** Whether the loop exports something by this name. */
  has(name: string): boolean {
    return name in this.#exports;
  }

  /** One setting, for those that change often. */
  setting(name: string): Setting {
    const found = this.#exports[name];
    if (!(found instanceof WebAssembly.Global)) throw new Error(`the loop has no setting ${name}`);
    if (!this.#initial.has(name)) this.#initial.set(name, found.value);
    return found;
  }

  /** Gives all settings their initial values. */
  reset(): void {
    for (const [name, value] of this.#initial) {
      const setting = this.setting(name);
      if (setting.value !== value) setting.value = value;
    }
  }

  /**
   * Runs the loop over words [from, end) of the chunk, which are whole records. Returns the word at which it stopped.
   */
  run(from: number, end: number): number {
    return (this.#stopOf(this.#chunkAt + from * 4, this.#chunkAt + end * 4) - this.#chunkAt) / 4;
  }

  /** Runs the loop over the items [from, end) that its settings name. Returns the item at which it stopped. */
  call(from: number, end: number): number {
    return this.#stopOf(from, end);
  }

  /** Prepares settings that change often and together, for `apply`. */
  preset(settings: Settings): Preset {
    return Object.entries(settings).map(([name, value]) => {
      return [this.setting(name), typeof value === 'number' ? value : this.#addressOf(name, value)];
    });
  }

  #stopOf(from: number, end: number): number {
    return this.#run(from, end) >>> 0;
  }

  #addressOf(name: string, array: Numbers): number {
    if (!this.#buffers.has(array.buffer)) throw new Error(`${name} is not in the memory of the loops`);
    return array.byteOffset;
  }
}
