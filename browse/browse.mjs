// Opens the pages of a run in Chromium, during and after it, steers the run by them, and wants
// nothing to go wrong: no error, no violation of the policy, no grave fault of accessibility.
//
//     node browse.mjs SWELL CHROMIUM FOLDER

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { start, stopAll } from './program.mjs';
import { expect, launch, open, portray, problems } from './watch.mjs';

const [swell, chromium, folder] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node browse.mjs SWELL CHROMIUM FOLDER');
  process.exit(2);
}
const home = join(folder, 'home');
const run = join(folder, 'run');
const env = { SWELL_HOME: home };
const LOAD = ['--users', '1200', '--rate', '4', '--duration', '5m', '--ui', 'off', '--seed', '7'];

/** A run, from its first picture to its last. */
async function watchRun(browser) {
  const words = ['run', ...LOAD, '--web=127.0.0.1:0', '--out', run];
  const program = await start(swell, words, { env });
  const page = await open(browser, 'live', program.url);
  await page.waitForSelector('#piece-timeline svg');
  await page.waitForFunction(() => document.title.includes('%'));
  await page.waitForFunction(() => /[1-9]\d* of [1-9]/.test(document.querySelector('.tiles')?.textContent));
  await portray(page, 'live', folder);
  await staysAsItIs(page);
  await steer(page, program);
  const { code } = await program.ended;
  expect(code === 4, `a drained run to exit with 4, and it did with ${code}`);
  expect((await page.title()).startsWith('stopped'), 'the title to say that the run was stopped');
  await page.context().close();
}

/** Focus and what is unfolded outlive a picture. */
async function staysAsItIs(page) {
  await page.locator('#sections details summary').first().click();
  await page.locator('#do-slower').focus();
  const before = await page.locator('#piece-head').innerHTML();
  await page.waitForFunction((old) => document.querySelector('#piece-head').innerHTML !== old, before);
  const { focus, isOpen } = await page.evaluate(() => ({
    focus: document.activeElement.id,
    isOpen: document.querySelector('#sections details').open,
  }));
  expect(focus === 'do-slower', `the focus to stay, and it went to ${focus || 'nowhere'}`);
  expect(isOpen, 'what was unfolded to stay so');
}

async function steer(page, program) {
  const says = (words) => page.waitForFunction(
    (wanted) => document.querySelector('.where')?.textContent.includes(wanted), words,
  );
  await page.click('#do-pause');
  await says('Paused');
  expect((await page.textContent('#answer')).includes('Pause'), 'the answer to be told');
  await page.keyboard.press('p');
  await says('Under load');
  await page.keyboard.press('+');
  await says('110 %');
  await page.keyboard.press('d');
  await page.waitForSelector('#confirm[open]');
  await page.screenshot({ path: join(folder, 'confirm.png') });
  await page.keyboard.press('Escape');
  await page.waitForSelector('#confirm:not([open])', { state: 'attached' });
  await says('Under load');
  await page.click('#do-drain');
  await page.click('#confirm-yes');
  await page.waitForFunction(() => document.querySelector('.where')?.textContent.includes('over'));
  const link = page.locator('a[download]');
  await page.waitForFunction(() => document.querySelector('a[download]')?.href.startsWith('blob:'));
  // Swell has ended, and the report is still there to be saved.
  await program.ended;
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  const saved = readFileSync(await download.path(), 'utf8');
  expect(saved.startsWith('<!DOCTYPE html>'), 'the report to be saved');
  await portray(page, 'over', folder);
}

/** The report as a file. */
async function readReport(browser) {
  const written = join(folder, 'written.html');
  const { ended } = await start(swell, ['view', run, '--html', written], { env, endsAtOnce: true });
  expect((await ended).code === 0, 'the page to be written to a file');
  for (const path of [written, join(run, 'report.html')].filter((path) => existsSync(path))) {
    const page = await open(browser, 'report', pathToFileURL(path).href);
    await portray(page, 'report', folder);
    await page.context().close();
  }
}

/** A run that has ended, served; and served to those alone who have the token. */
async function viewRun(browser) {
  const local = await start(swell, ['view', run, '--web', '127.0.0.1:0'], { env });
  const page = await open(browser, 'view', local.url);
  await portray(page, 'view', folder);
  await page.goto(new URL('/report', local.url).href);
  await page.waitForSelector('svg');
  await page.context().close();
  local.stop();
  await local.ended;

  const all = await start(swell, ['view', run, '--web', '0.0.0.0:0'], { env });
  const { port, hash } = new URL(all.url);
  const at = `http://127.0.0.1:${port}/`;
  const login = await open(browser, 'login', at);
  await login.waitForSelector('#token');
  await portray(login, 'login', folder);
  await login.goto('about:blank');
  await login.goto(at + hash);
  await login.waitForSelector('#piece-head');
  expect(login.url() === at, `the token to be gone from the address, which is ${login.url()}`);
  await login.context().close();
  all.stop();
  await all.ended;
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const browser = await launch(chromium);
try {
  for (const part of [watchRun, readReport, viewRun]) {
    const began = Date.now();
    await part(browser);
    console.log(`${part.name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
} catch (error) {
  problems.push(String(error));
} finally {
  await browser.close();
  stopAll();
}
for (const problem of new Set(problems)) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
