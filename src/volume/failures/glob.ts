/**
 * A pattern of paths: `*` is any text without a slash, `**` any text, `**` with a slash behind it also nothing, `?` one
 * character without a slash. It is about the whole path, relative to the volume.
 */
export function globOf(pattern: string): (path: string) => boolean {
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (part) => meanings[part] ?? `\\${part}`);
  const expression = new RegExp(`^${source}$`, 's');
  return (path) => expression.test(path);
}

const meanings: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
