// A browser that tells of everything that goes wrong on a page, and judges how accessible it is.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What a reader cannot do without. */
const GRAVE = ['serious', 'critical'];
const QUIET = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** A machine that does much else is slow. */
const PATIENCE_MS = 60_000;
export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** Everything that was wrong, in sentences. */
export const problems = [];

export const launch = (executablePath) => chromium.launch({ executablePath, args: QUIET });

/** Opens a page of its own; `name` is what problems and pictures call it. */
export async function open(browser, name, url) {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: 'light', acceptDownloads: true });
  const page = await context.newPage();
  const tell = (words) => problems.push(`${name}: ${words}`);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) tell(`the console says: ${message.text()}`);
  });
  page.on('pageerror', (error) => tell(`its script failed: ${error}`));
  page.on('requestfailed', (request) => {
    // A stream that the page itself closes counts as failed.
    const isOwnEnd = request.url().endsWith('/events') && request.failure()?.errorText === 'net::ERR_ABORTED';
    if (!isOwnEnd) tell(`${request.url()} failed: ${request.failure()?.errorText}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) tell(`${response.url()} was answered ${response.status()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} forbids ${event.blockedURI} ${event.sample}`);
    });
  });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(url);
  return page;
}

/** Takes pictures of `page` in light, in dark and on a phone, and judges each. */
export async function portray(page, name, folder) {
  for (const [look, viewport, colorScheme] of [
    ['light', DESKTOP, 'light'],
    ['dark', DESKTOP, 'dark'],
    ['phone', PHONE, 'light'],
    ['phone-dark', PHONE, 'dark'],
  ]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await judge(page, `${name} (${look})`);
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Judges how accessible `page` is, and whether it is wider than its window. */
async function judge(page, name) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ preload: false }));
  for (const { id, impact, help, nodes } of violations) {
    const where = nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ');
    const words = `${name}: ${impact}: ${help} (${id}) at ${where}`;
    if (GRAVE.includes(impact)) problems.push(words);
    else console.log(`  noted: ${words}`);
  }
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) problems.push(`${name}: it is ${over} pixels wider than its window`);
}

/** Wants `found` to be true of what the browser shows. */
export function expect(found, words) {
  if (!found) problems.push(`expected ${words}`);
}
