/** What the page is made of beside its content: its style, its own script, and the library that draws its charts. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Of the page's folder, in this order; together they are one script. */
const scripts = ['theme.js', 'format.js', 'panels.js', 'charts.js', 'lanes.js', 'pins.js', 'main.js'];

export interface Assets {
  readonly style: string;
  readonly scripts: readonly string[];
  /** What the page may do, for a `meta` element: run these scripts and this style, and nothing else. */
  readonly policy: string;
}

let assets: Assets | undefined;

export function pageAssets(): Assets {
  assets ??= readAssets();
  return assets;
}

function readAssets(): Assets {
  const { resolve } = createRequire(import.meta.url);
  const own = (name: string): string => readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
  const chart = (name: string): string => readFileSync(resolve(`uplot/${name}`), 'utf8').trim();
  const style = `${chart('dist/uPlot.min.css')}\n${own('style.css')}`;
  const library = `/*!\nuPlot\n\n${chart('LICENSE')}\n*/\n${chart('dist/uPlot.iife.min.js')}`;
  const page = `'use strict';\n(() => {\n${scripts.map(own).join('\n')}\n})();\n`;
  const hashes = [library, page].map(hashOf).join(' ');
  const policy = `default-src 'none'; script-src ${hashes}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`;
  return { style, scripts: [library, page], policy };
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
