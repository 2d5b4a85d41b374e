// SPDX-License-Identifier: MIT
/*
 * replay.js - plays recordings step by step: the step in large letters, its
 * source, keys and buttons.  run.js, timeline.js and cards.js come before it.
 */
"use strict";

const PAGE = 10; /* steps */

/* ---- The step in large letters ------------------------------------------- */

function draw_now() {
  const step = run.steps[run.at];
  const process = run.processes[step.process];
  const waited = step.blocked_us > 0
    ? ` after waiting ${duration(step.blocked_us)}` : "";

  fill($("sentence"),
    element("span", { class: "hide" }, `Step ${run.at + 1} of ${run.count}: `),
    element("b", { class: "who" }, run.title_of(process)), " ",
    element("span", { class: step.error ? "error" : step.kind },
      sentence_of(run, step)),
    waited ? element("span", { class: "waited" }, waited) : null, " ",
    data_of(run, step));
  fill($("raw"),
    element("span", {}, duration(step.at_us)), " ",
    element("code", {}, step.raw));
}

/* ---- The source ---------------------------------------------------------- */

let source_file = null;

/* The source of the step; where it has none, the page stays as it is. */
function draw_source() {
  const step = run.steps[run.at];
  const code = $("code");
  const known = step.file !== null && run.sources[step.file] !== undefined;
  const file = known ? step.file : source_file || Object.keys(run.sources)[0];

  if (file !== undefined && source_file !== file) {
    source_file = file;
    const lines = run.sources[file].replace(/\n$/, "").split("\n");
    fill(code, lines.map((line, i) => element("div", { class: "line" },
      element("span", { class: "number" }, String(i + 1)),
      element("code", {}, line.replace(/\t/g, "    ")))));
  }
  code.querySelector(".called")?.classList.remove("called");
  const line = known && code.children[step.line - 1];
  fill($("source-title"), line ? `${file}, line ${step.line}`
    : "not called from a line of the source");
  if (!line)
    return;
  line.classList.add("called");
  code.scrollTop = line.offsetTop - code.clientHeight * 0.4;
}

/* ---- Everything ---------------------------------------------------------- */

function draw_controls() {
  const selected = run.selected;
  const name = !selected ? "who acts"
    : selected.kind === "process" ? run.title_of(run.processes[selected.index])
      : run.objects[selected.index].label;

  fill($("counter"), `${run.at + 1} / ${run.count}`);
  $("slider").max = run.count;
  $("slider").value = run.at + 1;
  fill($("selection"), name);
  $("selection").setAttribute("aria-label",
    `Selected: ${shown(name)}; select the next`);
  fill($("speed"), String(SPEEDS[speed]), element("span", { class: "unit" },
    SPEEDS[speed] > 1 ? " steps" : " step"), "/s");
  $("play").classList.toggle("playing", playing !== null);
  $("play").setAttribute("aria-label", playing === null ? "Play" : "Pause");
  $("sentence").setAttribute("aria-live",
    playing !== null && SPEEDS[speed] > 1 ? "off" : "polite");
}

function draw() {
  draw_controls();
  draw_heads();
  draw_rows();
  draw_now();
  draw_cards();
  draw_source();
}

function go(at) {
  at = Math.max(0, Math.min(run.count - 1, at));
  if (at === run.at)
    return;
  run.at = at;
  follow();
  draw();
}

function layout() {
  measure();
  for (const row of rows.values())
    row.remove();
  rows.clear();
  $("rows").firstChild.style.height = `${run.count * row_height}px`;
  follow();
  draw();
}

/* What this run has, or has not. */
function offer(id, there) {
  $(`open-${id}`).hidden = $(`keys-${id}`).hidden = !there;
  if (!there && id !== "graph")
    toggle_part(id, false);
}

function show_run(number) {
  if (!runs[number])
    return;
  run = runs[number];
  cards.clear();
  $("processes").replaceChildren();
  $("objects").replaceChildren();
  $("rows").scrollTop = 0;
  [...$("runs").children].forEach((button, i) =>
    button.setAttribute("aria-pressed", i === number ? "true" : "false"));
  fill($("about"),
    run.subject && runs.length === 1 ? element("b", {}, run.subject) : null,
    " ", element("code", {}, run.line), " ",
    element("span", { class: run.hung ? "hung" : "" }, run.end),
    ` (${duration(run.duration_us)})`,
    run.missing > 0 ? element("b", {},
      ` ${run.missing} calls could not be followed to their end`) : null);
  $("output").textContent =
    run.output.replace(/\n$/, "").split("\n").map(shown).join("\n");
  fill($("questions"), run.ask.map((question) => element("li", {}, question)));
  offer("questions", run.ask.length > 0);
  offer("output", run.output !== "");
  offer("graph", run.waits.length > 0);
  $("source").hidden = Object.keys(run.sources).length === 0;
  $("app").dataset.run = number;
  source_file = null;
  $("code").replaceChildren();
  draw_graph();
  layout();
}

function draw_graph() {
  runs.forEach((_, i) => { $(`graph-${i}`).hidden = i !== run.number; });
  fill($("waits"), run.waits.map((wait) => element("li", {}, wait.text,
    wait.holders.filter((h) => h.close).map((h) =>
      element("strong", {}, ` ${h.close}`)))),
  run.notes.map((note) => element("li", { class: "note" }, note)));
}

/* ---- Playing, jumping, selecting ----------------------------------------- */

function pause() {
  clearTimeout(playing);
  playing = null;
  draw_controls();
}

function tick() {
  go(run.at + 1);
  if (run.at === run.count - 1)
    pause();
  else
    playing = setTimeout(tick, 1000 / SPEEDS[speed]);
}

function play() {
  if (playing !== null)
    return pause();
  if (run.at === run.count - 1)
    go(0);
  playing = setTimeout(tick, 1000 / SPEEDS[speed]);
  draw_controls();
}

function set_speed(index) {
  speed = Math.max(0, Math.min(SPEEDS.length - 1, index));
  draw_controls();
}

/* The next event of what is selected, or of the process that acts. */
function jump(direction) {
  const events = !run.selected ? run.processes[run.steps[run.at].process].events
    : run.selected.kind === "process" ? run.processes[run.selected.index].events
      : run.objects[run.selected.index].events;
  const here = last_up_to(events, direction > 0 ? run.at : run.at - 1);
  const to = events[direction > 0 ? here + 1 : here];

  if (to !== undefined)
    go(to);
}

function select(kind, index) {
  run.selected = is_selected(kind, index) ? null : { kind, index };
  draw();
}

function cycle(direction) {
  const all = [
    ...run.processes.filter((p) => p.events.length > 0)
      .map(({ index }) => ({ kind: "process", index })),
    ...run.objects.filter((o) => o.events.length > 0)
      .map(({ index }) => ({ kind: "object", index })),
  ];
  const here = run.selected ? all.findIndex(({ kind, index }) =>
    is_selected(kind, index)) : direction > 0 ? -1 : all.length;

  run.selected = all[here + direction] || null;
  draw();
}

/* ---- Keys ---------------------------------------------------------------- */

function toggle_dialog(id) {
  const dialog = $(id);
  if (dialog.open)
    dialog.close();
  else
    dialog.showModal();
}

/* Show or hide a part of the head; the panes take what room is left. */
function toggle_part(id, show = $(id).hidden) {
  const button = $(`open-${id}`);
  $(id).hidden = !show || button.hidden;
  button.setAttribute("aria-expanded", String(!$(id).hidden));
}

const KEYS = {
  ArrowRight: () => go(run.at + 1), ArrowLeft: () => go(run.at - 1),
  ArrowDown: () => go(run.at + 1), ArrowUp: () => go(run.at - 1),
  j: () => go(run.at + 1), k: () => go(run.at - 1),
  PageDown: () => go(run.at + PAGE), PageUp: () => go(run.at - PAGE),
  Home: () => go(0), End: () => go(run.count - 1),
  " ": play,
  "+": () => set_speed(speed + 1), "=": () => set_speed(speed + 1),
  "-": () => set_speed(speed - 1),
  n: () => jump(1), p: () => jump(-1),
  s: () => cycle(1), S: () => cycle(-1),
  Escape: () => { run.selected = null; draw(); },
  1: () => show_run(0), 2: () => show_run(1),
  f: () => run.waits.length > 0 && toggle_dialog("graph"),
  a: () => toggle_part("questions"),
  o: () => toggle_part("output"),
  h: () => $("app").classList.toggle("hide-future"),
  "?": () => toggle_dialog("keys"),
};

/* Keys that what has the focus needs itself. */
function is_taken(event) {
  const { target, key } = event;
  if (document.querySelector("dialog[open]"))
    return key !== "?" && key !== "f";
  if (target.matches("button") && (key === " " || key === "Enter"))
    return true;
  if (target.matches("input") && /^(Arrow|Page|Home|End)/.test(key))
    return true;
  return target.matches("#processes, #objects, #code, #output") &&
    /^(Arrow(Up|Down)|Page)/.test(key);
}

function on_key(event) {
  const act = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
  if (!act || event.ctrlKey || event.altKey || event.metaKey || is_taken(event))
    return;
  event.preventDefault();
  act();
}

/* ---- The beginning ------------------------------------------------------- */

const BUTTONS = {
  first: KEYS.Home, back: KEYS.ArrowLeft, play, forward: KEYS.ArrowRight,
  last: KEYS.End, slower: KEYS["-"], faster: KEYS["+"], previous: KEYS.p,
  next: KEYS.n, selection: KEYS.s, "open-keys": KEYS["?"], "open-graph": KEYS.f,
  "open-questions": KEYS.a, "open-output": KEYS.o,
};

/* On paper there is no scrolling: all rows, up to a limit. */
function print_rows(begins) {
  printing = begins;
  fill($("printed"), run.count > ROWS_PRINTED
    ? `These are the first ${ROWS_PRINTED} of ${run.count} steps.` : null);
  draw_heads();
  draw_rows();
}

function begin() {
  const recordings = JSON.parse($("recordings").textContent);
  runs = recordings.map((recording, i) => new Run(recording, i));
  $("app").hidden = false;
  $("rows").append(element("div", { class: "all" }));
  fill($("runs"), runs.length > 1 ? runs.map((one, i) => {
    const button = element("button", { type: "button" },
      element("kbd", {}, String(i + 1)), " ", one.subject || one.line);
    button.addEventListener("click", () => show_run(i));
    return button;
  }) : []);
  $("keys-runs").hidden = $("runs").hidden = runs.length < 2;
  for (const id in BUTTONS)
    $(id).addEventListener("click", BUTTONS[id]);
  $("slider").addEventListener("input", () => go($("slider").value - 1));
  $("rows").addEventListener("scroll", () => draw_rows());
  $("processes").addEventListener("scroll", draw_wires);
  $("objects").addEventListener("scroll", draw_wires);
  document.addEventListener("keydown", on_key);
  let width = 0;
  const watch = new ResizeObserver(() => {
    if ($("rows").clientWidth !== width) {
      width = $("rows").clientWidth;
      layout();
    } else {
      follow();
      draw_rows();
      draw_wires();
    }
  });
  watch.observe($("rows"));
  watch.observe($("cards"));
  addEventListener("beforeprint", () => print_rows(true));
  addEventListener("afterprint", () => print_rows(false));
  show_run(0);
}

begin();
