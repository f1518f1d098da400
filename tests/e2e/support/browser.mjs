// Debian's Chromium through playwright-core, and screenshots to look at.
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { root } from './process.mjs';

export const screenshotFolder = path.join(root, 'tests/e2e/screenshots');

export async function startBrowser(scope) {
  mkdirSync(screenshotFolder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  scope.defer(() => browser.close());
  return browser;
}

// Saves the page at three widths, light and dark: NAME-320-light.png and so on. Only for `./test
// look`: a picture proves nothing until somebody looks at it.
export async function screenshots(page, name, { widths = [320, 768, 1280] } = {}) {
  if (!process.env.TOCSIN_SCREENSHOTS) return;
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const width of widths) {
      // The window as high as the page: what is fixed to its edges then hides nothing, and frames
      // far down are painted.
      await page.setViewportSize({ width, height: 800 });
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width, height: Math.max(800, height) });
      const file = path.join(screenshotFolder, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path: file });
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
}

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const axeSource = readFileSync(axeFile, 'utf8');

// Targets of 24 px are in WCAG 2.2 AA, but axe-core has to be asked for them.
const kAllRules = { rules: { 'target-size': { enabled: true } } };

// What axe-core finds wrong with the page, light and dark: ["rule: how to fix: element"]. Only
// colours differ in the dark.
export async function accessibilityProblems(page) {
  const found = new Set();
  await page.evaluate(axeSource);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const options = colorScheme === 'light' ? kAllRules : { runOnly: ['color-contrast'] };
    const { violations } = await page.evaluate((how) => globalThis.axe.run(how), options);
    for (const { id, help, nodes } of violations) {
      for (const node of nodes) found.add(`${colorScheme}: ${id}: ${help}: ${node.html}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return [...found];
}
