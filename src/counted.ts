/** `1 fault`, `2 faults`: the only place where a count meets its noun. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
