// SPDX-License-Identifier: MIT
/*
 * check.js - are pages fit to be read by everybody, and by nobody else's rules?
 *
 *     node check.js FILE_OR_DIRECTORY...
 *
 * Opens each page in a headless Chromium, wide and on a phone, light and dark;
 * see problems_of() for what is asserted.  SHOTS=DIR keeps what was seen.
 */
"use strict";

const fs = require("fs");
const path = require("path");
const { pathToFileURL, fileURLToPath } = require("url");
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

/* ---- In the page --------------------------------------------------------- */

/* Nothing of a submission may have become part of the page's structure. */
function structure() {
  const problems = [];
  const all = [...document.querySelectorAll("*")];
  const ids = all.filter((e) => e.id).map((e) => e.id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);

  if (document.scripts.length > 0)
    problems.push("it has a script");
  for (const element of all) {
    if (/^(script|img|iframe|object|embed|link|base|form|audio|video)$/i
      .test(element.localName))
      problems.push(`it has an element ${element.localName}`);
    for (const { name, value } of element.attributes)
      if (/^on/i.test(name) || /^\s*(javascript|data):/i.test(value))
        problems.push(`${element.localName} has ${name}="${value}"`);
  }
  if (twice.length > 0)
    problems.push(`ids are not unique: ${twice.join(" ")}`);
  if (!document.documentElement.lang || !document.title.trim())
    problems.push("it has no language or no title");

  const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .map((heading) => Number(heading.localName[1]));
  if (levels.filter((level) => level === 1).length !== 1)
    problems.push("it has not exactly one h1");
  levels.reduce((above, level) => {
    if (level > above + 1)
      problems.push(`h${level} follows h${above}`);
    return level;
  }, 0);
  return [...new Set(problems)];
}

function too_wide() {
  const root = document.documentElement;
  const over = root.scrollWidth - root.clientWidth;

  return over > 0 ? [`it is ${over} px wider than the window`] : [];
}

/* Where links lead: [address as it is written, address]. */
function links() {
  return [...document.links].map((a) => [a.getAttribute("href"), a.href]);
}

/* ---- From outside -------------------------------------------------------- */

const known = new Map(); /* file: its ids, or null */

/* The ids of the page FILE, read without a browser. */
function ids_of(file) {
  if (!known.has(file)) {
    let ids = null;
    if (fs.existsSync(file))
      ids = new Set([...fs.readFileSync(file, "utf8")
        .matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]));
    known.set(file, ids);
  }
  return known.get(file);
}

/* Fixtures are parts of a class: the other pages of it are not there. */
function dead_links(found, whole) {
  return [...new Set(found.map(([written, address]) => {
    const url = new URL(address);
    if (url.protocol !== "file:")
      return `a link leaves the pages: ${written}`;
    const fragment = decodeURIComponent(url.hash.slice(1));
    url.hash = "";
    const ids = ids_of(fileURLToPath(url));
    if (!ids)
      return whole ? `a link leads nowhere: ${written}` : null;
    return !fragment || ids.has(fragment) || (!whole && !written.startsWith("#"))
      ? null : `a link leads nowhere: ${written}`;
  }))].filter(Boolean);
}

async function serious(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    axe.run(document, { resultTypes: ["violations"] }));

  for (const { impact, id, nodes } of violations)
    if (process.env.VERBOSE)
      console.log(`  axe: ${impact}: ${id}: ${nodes[0].target} (${nodes.length})`);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) =>
      `axe: ${id}: ${help}: ${nodes[0].target} (${nodes.length})`);
}

async function shoot(page, file, { width, scheme }, state) {
  if (!process.env.SHOTS)
    return;
  const name = `${path.basename(file, ".html")}-${width}-${scheme}${state}.png`;
  await page.screenshot({
    path: path.join(process.env.SHOTS, name), fullPage: true, timeout: 0,
  });
}

async function problems_of(browser, file, view, whole) {
  const problems = [];
  const address = pathToFileURL(file).href;
  const context = await browser.newContext({
    viewport: { width: view.width, height: 844 }, colorScheme: view.scheme,
    reducedMotion: "reduce",
  });

  await context.route("**/*", (route) => {
    if (route.request().url() === address)
      return route.continue();
    problems.push(`it asks for ${route.request().url()}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.on("console", (message) => problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`a script ran: ${error}`));
  page.on("dialog", (dialog) => {
    problems.push(`a script ran: ${dialog.type()} "${dialog.message()}"`);
    return dialog.dismiss();
  });
  await page.goto(address);
  problems.push(...await page.evaluate(structure));
  problems.push(...await page.evaluate(too_wide));
  problems.push(...dead_links(await page.evaluate(links), whole));
  await shoot(page, file, view, "");
  /* What is closed is not looked at by axe, and takes no room. */
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details"))
      details.open = true;
  });
  problems.push(...(await page.evaluate(too_wide))
    .map((problem) => `${problem} with all details open`));
  problems.push(...await serious(page));
  await shoot(page, file, view, "-open");
  await context.close();
  return problems;
}

/* ---- All of them --------------------------------------------------------- */

function pages_in(place) {
  if (!fs.statSync(place).isDirectory())
    return [path.resolve(place)];
  return fs.readdirSync(place).sort().flatMap((name) => {
    const inside = path.join(place, name);
    return fs.statSync(inside).isDirectory() ? pages_in(inside)
      : name.endsWith(".html") ? [path.resolve(inside)] : [];
  });
}

async function main() {
  const whole = process.argv.includes("--whole");
  const places = process.argv.slice(2).filter((word) => word !== "--whole");
  const browser = await chromium.launch({
    executablePath: CHROMIUM, args: ARGUMENTS,
  });
  let passed = 0, failed = 0;

  for (const file of places.flatMap(pages_in))
    for (const view of VIEWS) {
      const problems = await problems_of(browser, file, view, whole);
      const name = path.relative(process.cwd(), file);
      problems.length > 0 ? failed++ : passed++;
      for (const problem of problems)
        console.log(`FAIL ${name}, ${view.width} px, ${view.scheme}: ${problem}`);
    }
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(`pages-check: ${error.message}`);
  process.exitCode = 1;
});
