/** Debian's chromium, driven from outside; pages are told nothing of it. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const ARTEFACTS = join(import.meta.dirname, '../artefacts');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** It must not look for updates, nor for anything else beyond this machine. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
}

/** The narrowest that a page has to fit. @see WCAG 2.2, 1.4.10 */
export const PHONE = { width: 320, height: 640 };

/** @param complaints what the page tried to load, and what the browser refused. */
export type Use = (page: Page, complaints: string[]) => Promise<void>;

/** A browser that has been nowhere yet. */
export async function inContext(browser: Browser, options: BrowserContextOptions, use: Use): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('requestfailed', (failed) => void complaints.push(`${failed.url()} ${failed.failure()?.errorText}`));
    await use(page, complaints);
  } finally {
    await context.close();
  }
}

/** A picture of the whole page, in a folder that git ignores. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(ARTEFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTEFACTS, `${name}.png`), fullPage: true });
}

interface AxeResult {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
  passes: { id: string }[];
}

/**
 * What keeps people out of the page, in sentences. The page's context must have `bypassCSP` and run scripts.
 *
 * @param rules of axe; all of them where absent.
 */
export async function barriersIn(page: Page, rules?: string[]): Promise<string[]> {
  await page.evaluate(AXE);
  const options = JSON.stringify({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) });
  const { violations, passes } = await page.evaluate<AxeResult>(`axe.run(document, ${options})`);
  if (passes.length === 0) throw new Error('axe looked at nothing');
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html}: ${failureSummary ?? ''}`),
  );
}

/** In the language, by day and by night. */
export async function expectNoBarriers(page: Page, name: string, language: string): Promise<void> {
  expect(await page.getAttribute('html', 'lang')).toBe(language);
  await page.emulateMedia({ colorScheme: 'light' });
  await picture(page, `${name}-${language}-light`);
  expect(await barriersIn(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, `${name}-${language}-dark`);
  expect(await barriersIn(page, ['color-contrast'])).toEqual([]);
}
