export const wasmFolders: Readonly<Record<string, readonly string[]>>;
export function binaryText(root: string, folder: string): Promise<string>;
