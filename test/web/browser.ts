// The page in a real Chromium, for tests: served from here, watched for everything that goes wrong in it.

import { chromium, type Browser, type Page } from 'playwright-core';
import { buildProgram, finishBuild, type Build } from '../../host-tools/build/program.js';
import { findProgram } from '../../host-tools/emulator/find.js';
import { startWebServer, type WebServer } from '../../host-tools/web/server.js';
import { playerBuild } from '../play/player.js';

/** For what comes at once on an idle machine. */
const LIMIT_MS = 100_000;
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium by the names that distributions give it. Throws where there is none: scripts/setup.sh test brings it. */
export async function launch(): Promise<Browser> {
  const executablePath = ['chromium', 'chromium-browser', 'google-chrome'].map(findProgram).find(Boolean);
  if (executablePath === undefined) throw new Error('there is no Chromium: scripts/setup.sh test');
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** Builds a program and serves the page with it. */
export async function serve(program: string): Promise<{ build: Build; server: WebServer }> {
  const build = await (program === 'player' ? playerBuild() : finishBuild(buildProgram({ program })));
  const { wasm, sourceMap, buildId } = build;
  const server = await startWebServer({ program: { wasm, sourceMap, buildId, name: build.program.name }, port: 0 });
  return { build, server };
}

/** A page that is open, with what went wrong in it: errors, refusals of the content policy, failed requests. */
export interface Opened {
  page: Page;
  wrong: string[];
  /** What stands on the console, lines with their ends. */
  console(): Promise<string>;
}

/** What is added before the page's own scripts: a function's source. */
export async function open(browser: Browser, url: string, before?: (page: Page) => Promise<void>): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.setDefaultTimeout(LIMIT_MS);
  const wrong: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(error.stack ?? error.message));
  page.on('requestfailed', (request) => wrong.push(`${request.url()} failed`));
  await before?.(page);
  await page.goto(url);
  await page.waitForSelector('#power:not(:disabled)');
  return { page, wrong, console: () => lines(page, '#terminal') };
}

/** The text of a terminal. */
export const lines = async (page: Page, terminal: string): Promise<string> =>
  (await page.locator(`${terminal} .xterm-rows > div`).allTextContents()).map((line) => `${line.trimEnd()}\n`).join('');

/** Waits until `so` answers true; fails when it has not within 100 s. */
export async function until(so: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + LIMIT_MS;
  while (!(await so())) {
    if (Date.now() > end) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
