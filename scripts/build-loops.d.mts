export function loopsText(root: string): Promise<string>;
