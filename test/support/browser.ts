/** A browser without a window, as a test needs it. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer, { type Browser } from 'puppeteer-core';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/**
 * The program of a browser; undefined: none is installed.
 * @throws Error in CI, where everything must be installed.
 */
export function browserProgram(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (found === undefined && process.env.CI === 'true') throw new Error('no browser: apt-get install chromium');
  return found;
}

/** Whoever is root, as in a container, has no sandbox; nor is there much shared memory. */
export function openBrowser(program: string): Promise<Browser> {
  return puppeteer.launch({ executablePath: program, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}
