/** Who keeps arrays that a loop may have to see asks one of these for them. */
export interface Arrays {
  /** All zero. */
  int32(length: number): Int32Array<ArrayBufferLike>;
  uint32(length: number): Uint32Array<ArrayBufferLike>;
  float64(length: number): Float64Array<ArrayBufferLike>;
  uint8(length: number): Uint8Array<ArrayBufferLike>;
}

/** Where no loop has to see them. */
export const heap: Arrays = {
  int32: (length) => new Int32Array(length),
  uint32: (length) => new Uint32Array(length),
  float64: (length) => new Float64Array(length),
  uint8: (length) => new Uint8Array(length),
};
