/** report.html of a real run, in a real browser that may not ask the network for anything. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/report/record.ts';
import { browserProgram, openBrowser } from '../support/browser.ts';
import { Workspace } from '../support/tool.ts';

const program = browserProgram();
const reason = program === undefined ? ' (skipped: no browser, apt-get install chromium)' : '';
const hostile = '</script><img src=x onerror=alert(1)>';

describe.skipIf(program === undefined)(`report.html in a browser${reason}`, () => {
  const workspace = new Workspace();
  let record: RunRecord;
  let browser: Browser;
  beforeAll(async () => {
    const lies = ['--set', 'cluster.defects=[drop-acked]'];
    const result = await workspace.run(['run', 'quick', '--seed', '7', ...lies, '--out', 'run', '--json']);
    expect(result.code, result.stderr).toBe(1);
    record = JSON.parse(result.stdout) as RunRecord;
    browser = await openBrowser(program as string);
  });
  afterAll(async () => {
    await browser?.close();
    workspace[Symbol.dispose]();
  });

  /** Opens a run's page; whatever it asks for beside itself, and whatever it complains of, is in `wrong`. */
  async function open(run: string, width = 1440): Promise<{ page: Page; wrong: string[] }> {
    const page = await browser.newPage();
    const address = pathToFileURL(join(workspace.folder, run, 'report.html')).href;
    const wrong: string[] = [];
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      if (request.url() === address) return void request.continue();
      wrong.push(`asked for ${request.url()}`);
      return void request.abort();
    });
    page.on('console', (message) => {
      if (['error', 'warn'].includes(message.type())) wrong.push(message.text());
    });
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('dialog', (dialog) => {
      wrong.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.setViewport({ width, height: 900, isMobile: width < 600, hasTouch: width < 600 });
    await page.goto(address);
    return { page, wrong };
  }

  /** What the page has summed up from its bins; a series without anything is left out. */
  const numberIn = async (page: Page, series: string): Promise<number> => {
    const [text = '0'] = await page.$$eval(`[data-series="${series}"]`, (all) => all.map((each) => each.textContent));
    return Number(text);
  };

  it('says the verdict in its title, and the answer of the terminal', async () => {
    const { page, wrong } = await open('run');
    expect(await page.title()).toBe('✗ FAIL · quick · mqchaos');
    expect(await page.$eval('h1', (each) => each.textContent)).toBe(
      `Of ${record.counts.acked} acknowledged messages: ${record.counts.lost} lost.`,
    );
    expect(wrong).toEqual([]);
    await page.close();
  });

  it('has the numbers of the record, summed up from its bins', async () => {
    const { page } = await open('run');
    const { counts, answers = {} } = record;
    const sumOf = (reasons: Readonly<Record<string, number>> = {}): number =>
      Object.values(reasons).reduce((sum, count) => sum + count, 0);
    expect(counts.acked).toBeGreaterThan(0);
    expect(await numberIn(page, 'acked')).toBe(counts.acked);
    expect(await numberIn(page, 'received')).toBe(counts.deliveries);
    expect(await numberIn(page, 'unknown')).toBe(counts.unknown);
    expect(await numberIn(page, 'unknownAttempts')).toBe(sumOf(answers.unknown));
    expect(await numberIn(page, 'rejectedAttempts')).toBe(sumOf(answers.rejected));
    await page.close();
  });

  it('draws the fault, and a lane for each node and worker', async () => {
    const { page } = await open('run');
    expect(await page.$$eval('.band.fault', (all) => all.map((each) => each.textContent))).toEqual(['f1 kill b1']);
    const lanes = await page.$$eval('.lane .label', (all) => all.map((each) => each.textContent));
    expect(lanes).toEqual(['ns', 'b1', 'b2', 'p1', 'p2', 'c1', 'c2', 'drain1', 'reader']);
    const told = await page.$$eval('.lane .track', (all) => all.map((each) => each.getAttribute('aria-label')));
    expect(told[1]).toMatch(
      /^b1: starting from .*, up from .*, down from .*, starting from .*, up from .*b1 was killed/,
    );
    const blue = await page.evaluate(`(() => {
      const canvas = document.querySelector('.panel canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((_, at) => at % 4 === 2 && data[at] > 120 && data[at - 2] < 60 && data[at + 1] === 255).length;
    })()`);
    expect(blue).toBeGreaterThan(200); // the line of acked messages
    await page.close();
  });

  it('draws acks on a scale of their own, which what the drain delivers does not press flat', async () => {
    const { page } = await open('run');
    const drawn = await page.$$eval('.panel', (all) =>
      all.map((each) => [...each.querySelectorAll('[data-series]')].map((one) => one.getAttribute('data-series'))),
    );
    expect(drawn.slice(0, 2)).toEqual([['acked'], ['received']]);
    const top = (await page.evaluate(`(() => {
      const canvas = document.querySelector('.panel canvas');
      const { width, height } = canvas;
      const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
      const isBlue = (at) => data[at + 2] > 120 && data[at] < 60 && data[at + 3] === 255;
      for (let pixel = 0; pixel < width * height; pixel += 1) if (isBlue(pixel * 4)) return Math.floor(pixel / width) / height;
      return 1;
    })()`)) as number;
    expect(top).toBeLessThan(0.25);
    await page.close();
  });

  it('leads from a pin to its messages, by the mouse and by the keyboard', async () => {
    const { page, wrong } = await open('run');
    const openOf = (): Promise<boolean> => page.$eval('#class-lost', (each) => each.hasAttribute('open'));
    const close = (): Promise<unknown> => page.$eval('#class-lost', (each) => each.removeAttribute('open'));
    const meantRows = (): Promise<string[]> => page.$$eval('tr.meant', (rows) => rows.map((each) => each.textContent));
    expect(await openOf()).toBe(true); // what may not be is open from the start
    await close();
    await page.click('.pin[aria-label^="lost"]');
    expect(await openOf()).toBe(true);
    const first = await meantRows();
    expect(first.length).toBeGreaterThan(0);
    await close();
    await page.focus('.pin[aria-label^="lost"]:last-child');
    await page.keyboard.press('Enter');
    const meant = await meantRows();
    expect(meant).not.toEqual(first);
    const lost = record.findings.find(({ class: name }) => name === 'lost')?.examples ?? [];
    expect(meant.length).toBeGreaterThan(0);
    expect(meant.every((text) => /p\d\.1#\d+.*proved by the log/.test(text))).toBe(true);
    expect(await page.$eval('tr.meant', (row) => row.getBoundingClientRect().top)).toBeLessThan(900);
    const shown = await page.$eval('#class-lost', (each) => each.textContent ?? '');
    for (const { message } of lost) expect(shown).toContain(message);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it('reads and zooms by the keyboard', async () => {
    const { page, wrong } = await open('run');
    await page.focus('#charts');
    await page.keyboard.press('ArrowRight');
    expect(await page.$eval('#reading', (each) => each.textContent)).toMatch(/^\d+\.\d\d s · acked \d/);
    await page.keyboard.press('+');
    expect(await page.$eval('.whole', (each) => each.classList.contains('idle'))).toBe(false);
    await page.keyboard.press('0');
    expect(await page.$eval('.whole', (each) => each.classList.contains('idle'))).toBe(true);
    await page.click('.band.fault');
    expect(await page.$eval('.whole', (each) => each.classList.contains('idle'))).toBe(false);
    expect(await numberIn(page, 'acked')).toBe(record.counts.acked);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it('is light or dark as the system has it, or as its reader says', async () => {
    const { page, wrong } = await open('run');
    const back = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    const dark = await back();
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    const light = await back();
    expect(dark).not.toBe(light);
    await page.click('#theme');
    await page.click('#theme');
    expect(await page.$eval('#theme', (each) => each.textContent)).toBe('theme: dark');
    expect(await back()).toBe(dark);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it.each([390, 1440])('fits a screen of %i pixels', async (width) => {
    const { page, wrong } = await open('run', width);
    await page.evaluate(`for (const each of document.querySelectorAll('details')) each.open = true`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const plots = await page.$$eval('.uplot canvas', (all) => all.map((each) => each.getBoundingClientRect().right));
    expect(plots.length).toBeGreaterThan(2);
    expect(Math.max(...plots)).toBeLessThanOrEqual(width);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it('takes nothing of a run for markup', async () => {
    const { profile, faults } = record;
    const named = { ...profile, name: hostile, question: hostile };
    const failed = faults.map((fault) => ({ ...fault, do: hostile, error: hostile }));
    const findings = record.findings.map((each) => ({
      ...each,
      examples: each.examples.map((example) => ({ ...example, message: hostile })),
    }));
    copyRun('run', 'hostile', { ...record, profile: named, faults: failed, findings } as RunRecord);
    expect((await workspace.run(['report', 'hostile'])).code).toBe(1);
    const { page, wrong } = await open('hostile');
    expect(await page.title()).toBe(`✗ FAIL · ${hostile} · mqchaos`);
    expect(await page.$$('img')).toHaveLength(0);
    expect(await page.$eval('.band.fault', (each) => each.textContent)).toBe(`f1 ${hostile} b1`);
    expect(wrong).toEqual([]);
    await page.close();
  });

  it('says that a run of before has no timeline, and shows the rest', async () => {
    copyRun('run', 'old', record);
    rmSync(join(workspace.folder, 'old', 'timeline.json'));
    expect((await workspace.run(['report', 'old'])).code).toBe(1);
    const { page, wrong } = await open('old');
    expect(await page.$eval('.missing', (each) => each.textContent)).toMatch(
      /^No chart: this run has no timeline.json/,
    );
    expect(await page.$$('.uplot')).toHaveLength(0);
    expect(await page.$eval('#class-lost', (each) => each.textContent)).toContain('proved by the log');
    expect(wrong).toEqual([]);
    await page.close();
  });

  /** What `mqchaos report` reads of a run, with another record. */
  function copyRun(from: string, to: string, other: RunRecord): void {
    mkdirSync(join(workspace.folder, to));
    for (const file of ['timeline.json', 'findings.ndjson']) {
      copyFileSync(join(workspace.folder, from, file), join(workspace.folder, to, file));
    }
    writeFileSync(join(workspace.folder, to, 'record.json'), JSON.stringify(other));
  }
});
