/** Bytes, as people read them. */
const unitNames = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** `12.5 KiB`. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(unitNames.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${unitNames[power]}`;
}
