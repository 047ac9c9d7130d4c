/** Allocates arrays: in the memory of the loops (`Loops`) or outside it (`heap`). All arrays are filled with zeros. */
export interface Arrays {
  int32(length: number): Int32Array;
  uint32(length: number): Uint32Array;
  float64(length: number): Float64Array;
  uint8(length: number): Uint8Array;
}

/** Arrays that no WebAssembly loop uses. */
export const heap: Arrays = {
  int32: (length) => new Int32Array(length),
  uint32: (length) => new Uint32Array(length),
  float64: (length) => new Float64Array(length),
  uint8: (length) => new Uint8Array(length),
};
