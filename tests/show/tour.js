// SPDX-License-Identifier: MIT
/*
 * tour.js - a tour of the replays that replay.sh has drawn, by the keyboard
 * alone, then by touch; what is asserted is what can be seen.
 *
 *     node tour.js DIRECTORY
 */
"use strict";

const fs = require("fs");
const path = require("path");
const { VIEWS, launch, open, serious, shoot } = require("../browser.js");

const RENDER_MS = 2000; /* until 20 processes and 10 000 steps are seen */
const STEP_MS = 100; /* what is felt as at once */
const HEIGHT = 800;

let passed = 0, failed = 0;

function report(what, problems) {
  problems.length > 0 ? failed++ : passed++;
  for (const problem of new Set(problems))
    console.log(`FAIL ${what}: ${problem}`);
}

/* ---- What is seen -------------------------------------------------------- */

/* In the page: what a reader takes from it. */
function seen() {
  const text = (selector) => {
    const all = [...document.querySelectorAll(selector)]
      .filter((e) => e.checkVisibility());
    return all.map((e) => e.textContent).join(" | ");
  };
  const row = document.querySelector("[aria-selected=true]");
  const box = document.getElementById("rows").getBoundingClientRect();
  const at = row.getBoundingClientRect();
  return {
    step: text("#counter"), sentence: text("#sentence"), row: row.textContent,
    named: document.getElementById("rows")
      .getAttribute("aria-activedescendant") === row.id,
    row_in_sight: at.top >= box.top - 1 && at.bottom <= box.bottom + 1,
    run: text("#runs [aria-pressed=true]"), about: text("#about"),
    processes: text(".card.process"), acts: text(".card.process.acts"),
    objects: text(".card.object"), source: text("#source h2"),
    called: text(".line.called"), selected: text("#selection"),
    speed: text("#speed"), questions: text("#questions"),
    output: text("#output"), dialog: text("dialog[open]"),
    graphs: document.querySelectorAll("dialog[open] .graph:not([hidden]) svg")
      .length,
    future: [...document.querySelectorAll(".row.future")]
      .filter((e) => e.checkVisibility({ visibilityProperty: true })).length,
    playing: document.querySelector("#play[aria-label=Pause]") !== null,
  };
}

/* One way through a page: press keys, then say what must be seen. */
class Tour {
  constructor(page, problems) {
    Object.assign(this, { page, problems });
  }

  async press(...keys) {
    for (const key of keys)
      await this.page.keyboard.press(key);
    this.last = keys.join(" ");
    this.now = await this.page.evaluate(seen);
    return this;
  }

  /* MEMBER of what is seen is or contains WANTED; a RegExp: matches it. */
  expect(member, wanted) {
    const is = this.now[member];
    const right = wanted instanceof RegExp ? wanted.test(is)
      : typeof is === "string" && wanted !== "" ? is.includes(wanted)
        : is === wanted;
    if (!right)
      this.problems.push(`after ${this.last}: ${member} is ` +
        `${JSON.stringify(is)}, not ${wanted}`);
    return this;
  }
}

/* ---- The tours ----------------------------------------------------------- */

async function steps(tour) {
  (await tour.press("Home")).expect("step", "1 / 14")
    .expect("sentence", "Step 1 of 14: pipe 2 run pipe").expect("named", true)
    .expect("about", "hung").expect("objects", "");
  (await tour.press("ArrowRight")).expect("step", "2 / 14")
    .expect("row", "make pipe A: read end 3, write end 4")
    .expect("objects", "write end: pipe 2 (4)")
    .expect("acts", "3readpipe Anew").expect("called", "pipe(fd)")
    .expect("source", /pipe\.c, line \d+$/);
  (await tour.press("j")).expect("processes", "pipe3child of 2")
    .expect("objects", "write end: pipe 2 (4), pipe 3 (4)");
  (await tour.press("l", "j")).expect("acts", "3readpipe Aclosed");
  (await tour.press("j")).expect("processes", "waits: read")
    .expect("row", "waits");
  (await tour.press("j", "j")).expect("objects", "12 bytes12 of 65536")
    .expect("sentence", "\"hello, pipe\\n\"");
  (await tour.press("k", "ArrowLeft")).expect("step", "5 / 14");
  (await tour.press("PageDown")).expect("step", "14 / 14");
  (await tour.press("PageUp")).expect("step", "4 / 14");
  (await tour.press("End")).expect("row", "stopped")
    .expect("row_in_sight", true);
}

async function jumps(tour) {
  (await tour.press("Home", "s")).expect("selected", "pipe 2");
  (await tour.press("s")).expect("selected", "pipe 3");
  (await tour.press("n")).expect("step", "3 / 14").expect("row", "fork");
  (await tour.press("n")).expect("step", "5 / 14").expect("row", "read 3");
  (await tour.press("p")).expect("step", "3 / 14");
  await tour.press("Escape");
  tour.expect("selected", "who acts");
  (await tour.press("S")).expect("selected", "pipe A");
  (await tour.press("Home", "n", "n", "n")).expect("step", "5 / 14");
  (await tour.press("Escape", "n")).expect("step", "8 / 14")
    .expect("sentence", "after waiting");
}

/* Until CONDITION holds in the page; what it shows then. */
async function wait_for(tour, condition) {
  await tour.page.waitForFunction(condition, null, { timeout: 20000 });
  await tour.press();
}

async function plays(tour) {
  (await tour.press("Home", "+", "+", "+")).expect("speed", "8 steps/s");
  (await tour.press("-")).expect("speed", "4 steps/s");
  (await tour.press("+", "+", "+", "+", "+")).expect("speed", "32 steps/s");
  await tour.press(" ");
  await wait_for(tour, () =>
    document.getElementById("counter").textContent === "14 / 14");
  tour.last = "playing";
  tour.expect("playing", false).expect("sentence", "stopped");
  (await tour.press("-", "-", "-", "-", "-", "-", "-"))
    .expect("speed", "0.25 step/s");
  (await tour.press(" ")).expect("playing", true).expect("step", "1 / 14");
  (await tour.press(" ")).expect("playing", false);
}

async function switches(tour) {
  (await tour.press("1", "Home", "j", "j")).expect("run", "wrong: child_keeps");
  (await tour.press("2")).expect("run", "the solution").expect("step", "1 / 18")
    .expect("about", "exited with status 0");
  (await tour.press("End")).expect("processes", "exited with status 0");
  (await tour.press("f")).expect("dialog", "");
  (await tour.press("1")).expect("step", "3 / 14")
    .expect("run", "wrong: child");
}

async function opens(tour) {
  (await tour.press("?")).expect("dialog", "one step forward");
  (await tour.press("j")).expect("step", "3 / 14");
  (await tour.press("Escape")).expect("dialog", "");
  (await tour.press("f")).expect("dialog", "pipe 3 must close its descriptor 4")
    .expect("graphs", 1);
  (await tour.press("f")).expect("dialog", "");
  (await tour.press("a")).expect("questions", "Which ends");
  (await tour.press("o")).expect("output", "HELLO, PIPE");
  (await tour.press("a", "o")).expect("questions", "").expect("output", "");
  (await tour.press("h")).expect("future", 0);
  (await tour.press("h")).expect("future", 11);
}

/* All that can be clicked has a place in the order of the Tab key, is seen to
 * have the focus, and does there what it says. */
async function tabs(tour) {
  const reached = new Set();
  await tour.press("Home");
  for (let i = 0; i < 60; i++) {
    await tour.page.keyboard.press("Tab");
    reached.add(await tour.page.evaluate(() => {
      const { activeElement: at } = document;
      const style = getComputedStyle(at);
      return at === document.body ? "" : (at.id || at.textContent.trim()) +
        (style.outlineStyle === "none" ? " without a visible focus" : "");
    }));
  }
  for (const id of ["open-keys", "open-graph", "open-questions", "rows",
    "processes", "objects", "code", "play", "slider", "selection", "next"])
    if (!reached.has(id))
      tour.problems.push(`Tab does not lead to ${id}`);
  for (const name of reached)
    if (name.endsWith("without a visible focus"))
      tour.problems.push(`${name}`);
  await tour.page.focus("#forward");
  (await tour.press("Enter")).expect("step", "2 / 14");
  await tour.page.focus("#slider");
  (await tour.press("ArrowRight")).expect("step", "3 / 14");
}

async function keyboard(browser, file) {
  const problems = [];
  const page = await open(browser, file,
    { width: 1280, height: HEIGHT, scheme: "light" }, problems);
  const tour = new Tour(page, problems);

  for (const part of [steps, jumps, plays, switches, opens, tabs])
    await part(tour);
  await page.context().close();
  report("keyboard", problems);
}

/* What a run of today has drawn, from its first step to its last, in each of
 * its runs; the first of them hung, and WORDS say why. */
async function today(browser, file, words) {
  const problems = [];
  const page = await open(browser, file,
    { width: 1280, height: HEIGHT, scheme: "light" }, problems);
  const tour = new Tour(page, problems);

  for (const run of ["1", "2"]) {
    await tour.press(run, "Home");
    const count = Number(tour.now.step.split(" / ")[1]);
    if (!(count > 5))
      problems.push(`run ${run} has ${tour.now.step} steps`);
    for (let i = 1; i <= count; i++) {
      tour.expect("step", `${i} / ${count}`).expect("row_in_sight", true)
        .expect("sentence", `Step ${i} of ${count}: `)
        .expect("processes", /./);
      await tour.press("j");
    }
    tour.expect("step", `${count} / ${count}`);
    if (run === "1") {
      tour.expect("about", "deadlocked");
      (await tour.press("f")).expect("graphs", 1);
      for (const word of words)
        tour.expect("dialog", word);
      (await tour.press("Escape")).expect("dialog", "");
    }
  }
  tour.expect("about", "exited with status 0");
  await page.context().close();
  report(path.basename(file), problems);
}

async function touch(browser, file) {
  const problems = [];
  const page = await open(browser, file,
    { width: 390, scheme: "light", hasTouch: true, isMobile: true }, problems);
  const tour = new Tour(page, problems);

  await page.tap("#step-4");
  (await tour.press()).expect("step", "5 / 14");
  await page.tap("#forward");
  (await tour.press()).expect("step", "6 / 14");
  await page.tap("#runs button:last-child");
  (await tour.press()).expect("run", "the solution");
  await page.context().close();
  report("touch", problems);
}

/* ---- In every view ------------------------------------------------------- */

function too_large(one_screen) {
  const root = document.documentElement;
  const problems = [];
  if (root.scrollWidth > root.clientWidth)
    problems.push(`it is ${root.scrollWidth - root.clientWidth} px too wide`);
  if (one_screen && root.scrollHeight > root.clientHeight)
    problems.push(`it is ${root.scrollHeight - root.clientHeight} px too high`);
  return problems;
}

async function views(browser, file, keys) {
  for (const view of VIEWS) {
    const problems = [];
    const page = await open(browser, file, { ...view, height: HEIGHT },
      problems);
    for (const [state, press] of Object.entries(keys)) {
      for (const key of press)
        await page.keyboard.press(key);
      const found = [
        ...await page.evaluate(too_large, view.width === 1280),
        ...await serious(page),
      ];
      problems.push(...found.map((problem) => `${state}: ${problem}`));
      await shoot(page, file, view, `-${state}`);
    }
    await page.context().close();
    report(`${path.basename(file)}, ${view.width} px, ${view.scheme}`,
      problems);
  }
}

/* What a run wrote is text, every character of it, and nothing else. */
async function hostile(browser, file, recording) {
  const problems = [];
  const page = await open(browser, file,
    { width: 1280, height: HEIGHT, scheme: "light" }, problems);
  const is = await page.evaluate(() => ({
    scripts: document.scripts.length, images: document.images.length,
    json: document.getElementById("recordings").textContent,
    sentence: document.getElementById("sentence").textContent,
  }));

  if (is.scripts !== 5 || is.images !== 0)
    problems.push(`${is.scripts} scripts, ${is.images} images`);
  if (JSON.stringify(JSON.parse(is.json)) !== JSON.stringify([recording]))
    problems.push("it does not hold the recording as it was");
  for (const part of ["</script><script>alert(1)", "\\u0001\\u001b[31m\\u007f",
    "\\u2028", "\\u202eevil", "\\N{evil} %s &amp; </title>"])
    if (!is.sentence.includes(part))
      problems.push(`it does not show ${part}`);
  await page.context().close();
  report("hostile", problems);
}

/* ---- Large runs ---------------------------------------------------------- */

/* In the page: milliseconds for one step, the layout included. */
function step_time(keys) {
  const begin = performance.now();
  for (const key of keys) {
    document.body.dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true }));
    document.body.getBoundingClientRect();
  }
  return (performance.now() - begin) / keys.length;
}

/* The best of some: other work of the machine is not the page's. */
async function large(browser, file) {
  const problems = [];
  const render = [], step = [];
  let rows = 0;

  for (let i = 0; i < 5; i++) {
    const page = await open(browser, file,
      { width: 1280, height: HEIGHT, scheme: "light" }, problems);
    render.push(await page.evaluate(() => new Promise((resolve) =>
      requestAnimationFrame(() => requestAnimationFrame(() => {
        const [load] = performance.getEntriesByType("navigation");
        const [paint] = performance.getEntriesByName("first-contentful-paint");
        resolve(Math.max(load.domContentLoadedEventEnd, paint?.startTime ?? 0));
      })))));
    step.push(await page.evaluate(step_time, [
      ..."jjjjjjjjjjkkkk", "End", "k", "k", "PageUp", "PageUp", "Home",
      "PageDown", "n", "n", "n", "p", "s", "n", "n", "Escape", "PageDown",
      "PageDown", "PageDown",
    ]));
    if (!(await page.evaluate(seen)).row_in_sight)
      problems.push("the step that is shown is out of sight");
    rows = Math.max(rows, await page.evaluate(() =>
      document.querySelectorAll(".row").length));
    await page.context().close();
  }
  const [best_render, best_step] = [Math.min(...render), Math.min(...step)];
  console.log("20 processes, 10 000 steps: seen after " +
    `${best_render.toFixed(0)} ms (at most ${RENDER_MS}), a step takes ${best_step.toFixed(1)} ms ` +
    `(at most ${STEP_MS}), ${rows} rows exist; best of ${render.length}`);
  if (best_render > RENDER_MS)
    problems.push(`it is seen after ${best_render} ms`);
  if (best_step > STEP_MS)
    problems.push(`a step takes ${best_step} ms`);
  if (rows > 100)
    problems.push(`${rows} rows exist`);
  report("large", problems);
}

/* -------------------------------------------------------------------------- */

async function all(browser, at) {
  const recording = JSON.parse(fs.readFileSync(
    path.join(__dirname, "hostile.json"), "utf8"));

  await keyboard(browser, at("pipe.html"));
  await today(browser, at("today-pipe.html"), ["should have closed"]);
  await today(browser, at("today-mq_notify.html"),
    ["waits", "no process is registered for it"]);
  await touch(browser, at("pipe.html"));
  await hostile(browser, at("hostile.html"), recording);
  await views(browser, at("pipe.html"), {
    begin: [], wait: ["j", "j", "j", "j", "j", "j"], ask: ["a", "o"],
    graph: ["a", "o", "End", "f"], keys: ["Escape", "?"],
    right: ["Escape", "2", "End", "k", "k", "k", "k"],
  });
  await views(browser, at("semaphores.html"), {
    begin: [], killed: [..."jjjjjjjjjjjjjjjjj"], end: ["s", "s", "End"],
  });
  await views(browser, at("hostile.html"), { end: ["End"], graph: ["f"] });
  await views(browser, at("large.html"), {
    closing: ["PageDown", "PageDown", "PageDown", "PageDown", "PageDown",
      "PageDown", "PageDown"], end: ["End"],
  });
  await large(browser, at("large.html"));
}

async function main() {
  const browser = await launch();

  try {
    await all(browser, (name) => path.join(process.argv[2], name));
  } finally {
    await browser.close();
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(`replay-check: ${error.message}`);
  process.exitCode = 1;
});
