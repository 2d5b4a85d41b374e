// SPDX-License-Identifier: MIT
/*
 * browser.js - pages seen in a headless Chromium that asks for nothing else:
 * wide and on a phone, light and dark.  SHOTS=DIR keeps what was seen.
 */
"use strict";

const path = require("path");
const { pathToFileURL } = require("url");
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
const ARGUMENTS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
  "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
const VIEWS = [1280, 390].flatMap((width) =>
  ["light", "dark"].map((scheme) => ({ width, scheme })));

const launch = () =>
  chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });

/* FILE in a window of its own; what goes wrong there is added to PROBLEMS.  With
 * `figures` it may ask for what is in the directory of that name beside it. */
async function open(browser, file,
  { width, scheme, height = 844, figures = false, ...more }, problems) {
  const address = pathToFileURL(file).href;
  const beside = new URL("figures/", address).href;
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce",
    ...more,
  });

  await context.route("**/*", (route) => {
    const url = route.request().url();
    if (url === address || (figures && url.startsWith(beside)))
      return route.continue();
    problems.push(`it asks for ${url}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.on("console", (message) => problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`a script failed: ${error}`));
  page.on("dialog", (dialog) => {
    problems.push(`a script ran: ${dialog.type()} "${dialog.message()}"`);
    return dialog.dismiss();
  });
  await page.goto(address);
  return page;
}

async function serious(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    axe.run(document, { resultTypes: ["violations"] }));

  for (const { impact, id, nodes } of violations)
    if (process.env.VERBOSE)
      console.log(`  axe: ${impact}: ${id}: ${nodes[0].target} ` +
        `(${nodes.length})`);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) =>
      `axe: ${id}: ${help}: ${nodes[0].target} (${nodes.length})`);
}

async function shoot(page, file, { width, scheme }, state, options = {}) {
  if (!process.env.SHOTS)
    return;
  const name = `${path.basename(file, ".html")}-${width}-${scheme}${state}.png`;
  await page.screenshot({
    path: path.join(process.env.SHOTS, name), timeout: 0, ...options,
  });
}

module.exports = { VIEWS, launch, open, serious, shoot };
