// SPDX-License-Identifier: MIT
/*
 * check.js - are pages fit to be read by everybody, and by nobody else's rules?
 *
 *     node check.js [--whole] [--handouts] FILE_OR_DIRECTORY...
 *
 * Opens each page as browser.js says; see problems_of() for what is asserted.
 * --whole: every page that is linked is there.  --handouts: pages with figures
 * beside them, and links to the manual pages on the network.
 */
"use strict";

const fs = require("fs");
const path = require("path");
const { fileURLToPath } = require("url");
const { VIEWS, launch, open, serious, shoot } = require("../browser.js");

/* ---- In the page --------------------------------------------------------- */

/* Nothing of a submission may have become part of the page's structure. */
function structure(handouts) {
  const problems = [];
  const all = [...document.querySelectorAll("*")];
  const ids = all.filter((e) => e.id).map((e) => e.id);
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i);

  if (document.scripts.length > 0)
    problems.push("it has a script");
  for (const element of all) {
    if (handouts && element.localName === "img")
      element.complete && element.naturalWidth > 0 && element.alt ||
        problems.push(`a figure is not there: ${element.src}`);
    else if (/^(script|img|iframe|object|embed|link|base|form|audio|video)$/i
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
function dead_links(found, { whole, handouts }) {
  return [...new Set(found.map(([written, address]) => {
    const url = new URL(address);
    if (handouts && url.protocol === "https:")
      return null;
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

async function problems_of(browser, file, view, kind) {
  const problems = [];
  const page = await open(browser, file,
    { ...view, figures: kind.handouts }, problems);

  problems.push(...await page.evaluate(structure, kind.handouts));
  problems.push(...await page.evaluate(too_wide));
  problems.push(...dead_links(await page.evaluate(links), kind));
  await shoot(page, file, view, "", { fullPage: true });
  /* What is closed is not looked at by axe, and takes no room. */
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details"))
      details.open = true;
  });
  problems.push(...(await page.evaluate(too_wide))
    .map((problem) => `${problem} with all details open`));
  problems.push(...await serious(page));
  await shoot(page, file, view, "-open", { fullPage: true });
  await page.context().close();
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
  const words = process.argv.slice(2);
  const kind = {
    whole: words.includes("--whole"), handouts: words.includes("--handouts"),
  };
  const places = words.filter((word) => !word.startsWith("--"));
  const browser = await launch();
  let passed = 0, failed = 0;

  for (const file of places.flatMap(pages_in))
    for (const view of VIEWS) {
      const problems = await problems_of(browser, file, view, kind);
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
