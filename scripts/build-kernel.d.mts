export function kernelText(root: string): Promise<string>;
