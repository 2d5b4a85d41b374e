// SPDX-License-Identifier: MIT
/*
 * replay.js - plays recordings (MODEL.md) step by step; see draw_html.c.
 *
 * What is seen at a step is worked out from the recording when it is shown:
 * nothing is copied per step, intervals are searched, and of the rows only
 * those in sight exist.  What a run said becomes text nodes and never markup.
 */
"use strict";

(() => {

const SVG = "http://www.w3.org/2000/svg";
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32];
const PAGE = 10; /* steps */
const ROWS_BEYOND = 8; /* made above and below those in sight */
const ROWS_PRINTED = 400;
const FDS_SHOWN = 14; /* of a process that is not in question */
const FULL_TABLES = 3; /* of more processes, files are on one line */
const ALL_WIRED = 8; /* of more processes, only what is in question is */
const HOLDERS_SHOWN = 6;
const QUIET_KINDS = new Set(["file", "terminal"]); /* no card, no colour */

const $ = (id) => document.getElementById(id);

/* ---- Making elements ----------------------------------------------------- */

/* Characters that cannot be seen, or turn the direction of text around. */
const UNSEEN = new RegExp("[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c" +
  "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff0-\\uffff]", "g");
const NAMED = { "\n": "\\n", "\t": "\\t", "\r": "\\r" };

function shown(text) {
  return String(text).replace(UNSEEN, (c) => NAMED[c] ||
    `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((c) => c !== null)
    .map((c) => c instanceof Node ? c : document.createTextNode(shown(c))));
  return element;
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const key in attributes)
    if (attributes[key] !== null)
      made.setAttribute(key, attributes[key]);
  return fill(made, ...children);
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const key in attributes)
    made.setAttribute(key, attributes[key]);
  return made;
}

/* ---- Searching ----------------------------------------------------------- */

/* The last I of LIST with key(LIST[I]) <= AT, or -1. */
function last_up_to(list, at, key = (item) => item) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(list[middle]) <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low - 1;
}

const holds = (interval, at) =>
  interval.from <= at && (interval.to === null || at < interval.to);

/* ---- A recording, made ready to be asked --------------------------------- */

class Run {
  constructor(recording, number) {
    Object.assign(this, recording);
    this.number = number;
    this.at = 0;
    this.selected = null; /* {kind, index} */
    this.count = this.steps.length;
    this.lanes = [];
    this.processes.forEach((process, index) => {
      Object.assign(process, { index, events: [], blocked: [], table: [] });
      (this.lanes[process.lane] ||= []).push(process);
    });
    for (let i = 0; i < this.lanes.length; i++)
      this.lanes[i] = (this.lanes[i] || []).sort((a, b) => a.from - b.from);
    this.objects.forEach((object, index) =>
      Object.assign(object, { index, events: [], holders: [], from: Infinity }));
    for (const descriptor of this.descriptors) {
      const object = this.objects[descriptor.object];
      this.processes[descriptor.process].table.push(descriptor);
      object?.holders.push(descriptor);
      if (object)
        object.from = Math.min(object.from, descriptor.from);
    }
    this.steps.forEach((step, index) => this.note(step, index));
    for (const object of this.objects)
      if (object.states.length > 0)
        object.from = Math.min(object.from, object.states[0].step);
    this.crowded = this.lanes.length > FULL_TABLES;
    this.one_name = new Set(this.processes.flatMap((process) =>
      process.names.map((n) => n.name))).size === 1;
  }

  note(step, index) {
    const process = this.processes[step.process];
    step.index = index;
    process.events.push(index);
    if (step.other !== null && step.other !== step.process)
      this.processes[step.other].events.push(index);
    if (step.object !== null) {
      const object = this.objects[step.object];
      object.events.push(index);
      object.from = Math.min(object.from, index);
    }
    if (step.kind === "wait")
      process.blocked.push({ from: index, to: step.until, step });
  }

  /* The wait that PROCESS is in at AT, or null. */
  wait_of(process, at) {
    const list = process.blocked;
    const wait = list[last_up_to(list, at, (w) => w.from)];
    return wait && holds(wait, at) && holds(process, at) ? wait : null;
  }

  /* The process in LANE at AT, or that ended there. */
  in_lane(lane, at) {
    const list = this.lanes[lane];
    const process = list[last_up_to(list, at, (p) => p.from)];
    return process && (process.to === null || process.to >= at) ? process : null;
  }

  name_of(process, at = this.at) {
    const { names } = process;
    return names[Math.max(0, last_up_to(names, at, (n) => n.from))] || process;
  }

  title_of(process, at) {
    return `${this.name_of(process, at).name} ${process.pid}`;
  }

  state_of(object, at) {
    return object.states[last_up_to(object.states, at, (s) => s.step)] || null;
  }

  open_in(list, at) {
    return list.filter((descriptor) => holds(descriptor, at));
  }

  /* What is open at AT, and what was closed just then. */
  table_of(process, at) {
    return process.table.filter((d) => holds(d, at) || d.to === at)
      .sort((a, b) => a.fd - b.fd || a.from - b.from);
  }
}

/* ---- Words --------------------------------------------------------------- */

function duration(us) {
  if (us < 1000)
    return `${us} µs`;
  return us < 1e6 ? `${(us / 1000).toPrecision(3)} ms`
    : `${(us / 1e6).toPrecision(3)} s`;
}

const color_of = (object) =>
  object && !QUIET_KINDS.has(object.kind) ? `c${object.color}` : "c-";

function chip(object) {
  return element("span", { class: `chip ${color_of(object)}` }, object.label);
}

/* What happened, with the object that was touched as a chip. */
function sentence_of(run, step) {
  const object = run.objects[step.object];
  const { text } = step;
  const at = object && object.label ? text.indexOf(object.label) : -1;

  if (!object)
    return [text];
  if (at < 0)
    return [text, " ", chip(object)];
  return [text.slice(0, at), chip(object), text.slice(at + object.label.length)];
}

function data_of(run, step) {
  if (!step.data)
    return null;
  return element("code", {
    class: `data ${color_of(run.objects[step.object])}`,
  }, `"${step.data}"`);
}

/* ---- What is on the screen ----------------------------------------------- */

let runs, run, rem, row_height, lane_width, only_pids, heads, playing = null;
let printing = false;
let speed = SPEEDS.indexOf(1);
const rows = new Map(); /* step: its row */
const cards = new Map(); /* "process 3": its card */

const is_selected = (kind, index) =>
  run.selected?.kind === kind && run.selected.index === index;

/* ---- The timeline -------------------------------------------------------- */

const lane_x = (lane) => (lane + 0.5) * lane_width;

function measure() {
  const root = document.documentElement;
  const room = $("rows").clientWidth;
  const count = Math.max(1, run.lanes.length);

  rem = parseFloat(getComputedStyle(root).fontSize);
  row_height = 4 * Math.round(0.52 * rem);
  lane_width = Math.max(1.5, Math.min(4.6 * rem, 0.36 * room / count));
  const longest = Math.min(12, Math.max(...run.processes.map((p) =>
    run.title_of(p, Infinity).length)));
  const letters = 0.62 * rem;
  /* Lines of text are more than names, which stand above the lanes, too. */
  only_pids = run.one_name ||
    room - count * lane_width - longest * letters < 24 * rem;
  const who = only_pids ? 1 + Math.max(...run.processes.map((p) =>
    String(p.pid).length)) : longest;
  root.style.setProperty("--row", `${row_height}px`);
  root.style.setProperty("--lanes", `${Math.ceil(count * lane_width)}px`);
  root.style.setProperty("--who", `${Math.max(who, 2) * letters}px`);
  /* Names stand above the lanes where there is room, or where they differ. */
  const fits = (length) => lane_width >= 0.55 * rem * (Math.min(length, 8) + 1);
  const name = Math.max(...run.processes.flatMap((p) =>
    p.names.map((n) => n.name.length)));
  heads = { named: fits(name) || !run.one_name };
  heads.slanted = !fits(heads.named ? name : who - 1);
  heads.sparse = lane_width < 10;
  /* The hatching goes on from row to row. */
  $("hatch").setAttribute("height", row_height / 4);
}

/* Above each lane: who has it now, or had it last. */
function make_head(lane) {
  const process = run.in_lane(lane, run.at) ||
    run.lanes[lane].findLast((p) => p.from <= run.at) ||
    (printing ? run.lanes[lane][0] : null);
  if (!process || (heads.sparse && !is_selected("process", process.index) &&
      run.steps[run.at].process !== process.index))
    return null;
  const head = element("button", {
    type: "button", tabindex: -1, "aria-hidden": "true", class: "head",
  }, heads.named ? element("b", {}, run.name_of(process).name) : null, " ",
  element(heads.named ? "span" : "b", {}, String(process.pid)));

  head.classList.toggle("gone", !holds(process, run.at));
  head.classList.toggle("acts", run.steps[run.at].process === process.index);
  head.classList.toggle("selected", is_selected("process", process.index));
  head.style.left = `${lane_x(lane)}px`;
  head.style.maxWidth = heads.slanted ? "" : `${lane_width - 4}px`;
  head.addEventListener("click", () => select("process", process.index));
  return head;
}

function draw_heads() {
  $("lanes").className = `${heads.slanted ? "slanted" : ""} ` +
    (heads.named ? "" : "short");
  fill($("lanes"),
    element("span", { class: "corner" }, heads.named ? "" : "pid"),
    run.lanes.map((_, lane) => make_head(lane)));
}

/* The lifelines in the row of step I: what was true before it above its mark,
 * what is true since below. */
function draw_lifelines(picture, i, middle) {
  const half = (process, at, from, to) => {
    const x = lane_x(process.lane), wait = run.wait_of(process, at);
    const wide = Math.max(2, Math.min(10, lane_width * 0.6));
    picture.append(wait
      ? shape("rect", {
        class: "blocked", x: x - wide / 2, width: wide, y: from,
        height: to - from, /* a line at its sides only */
        "stroke-dasharray": `0 ${wide} ${to - from} ${wide} ${to - from} 0`,
      })
      : shape("line", { class: "life", x1: x, x2: x, y1: from, y2: to }));
  };

  for (let lane = 0; lane < run.lanes.length; lane++) {
    const before = i > 0 && run.in_lane(lane, i - 1);
    const now = run.in_lane(lane, i);
    if (before && holds(before, i - 1))
      half(before, i - 1, 0, middle);
    if (now && holds(now, i) && !(now.from === i && run.steps[i].other === now.index))
      half(now, i, middle, row_height);
  }
}

const MARKS = {
  exec: (x, y, r) => `M${x},${y - r} l${r},${r} l${-r},${r} l${-r},${-r} z`,
  exit: (x, y, r) => `M${x - r},${y - r + 1} h${2 * r} v${2 * r - 2} h${-2 * r} z`,
  signal: (x, y, r) => `M${x},${y - r} l${r},${2 * r} h${-2 * r} z`,
  stop: (x, y, r) => `M${x - r},${y - r} l${2 * r},${2 * r} m0,${-2 * r} l${-2 * r},${2 * r}`,
};

function draw_mark(picture, step, middle) {
  const process = run.processes[step.process];
  const object = run.objects[step.object];
  const x = lane_x(process.lane), r = Math.max(3, Math.min(7, lane_width * 0.42));
  const end = run.lanes.length * lane_width;
  const color = color_of(object);
  const failed = step.error || /^killed/.test(step.text);

  if (object) {
    picture.append(shape("line", {
      class: `leader ${color}`, x1: x + r, x2: end, y1: middle, y2: middle,
    }));
    if (step.flow && step.kind !== "wait")
      picture.append(shape("path", {
        class: `arrow ${color}`,
        d: step.flow === "out" ? `M${end},${middle} l-9,-5 v10 z`
          : `M${x + r},${middle} l9,-5 v10 z`,
      }));
  } else {
    picture.append(shape("line", {
      class: "leader", x1: x + r, x2: end, y1: middle, y2: middle,
    }));
  }
  if (step.kind === "fork" && step.other !== null) {
    const child = lane_x(run.processes[step.other].lane);
    const turn = Math.min(12, Math.abs(child - x)) * Math.sign(child - x);
    picture.append(shape("path", {
      class: "life branch",
      d: `M${x},${middle} H${child - turn} Q${child},${middle} ` +
        `${child},${middle + 12} V${row_height}`,
    }));
  } else if (step.other !== null && step.call === "kill") {
    const target = lane_x(run.processes[step.other].lane);
    picture.append(shape("line", {
      class: "kill", x1: x, x2: target, y1: middle, y2: middle,
    }));
  }
  const draw = MARKS[step.kind];
  if (step.kind === "stop")
    picture.append(shape("circle",
      { class: "stop-ground", cx: x, cy: middle, r: r + 2 }));
  picture.append(draw
    ? shape("path", {
      class: `mark ${step.kind} ${failed ? "failed" : ""}`, d: draw(x, middle, r),
    })
    : shape("circle", {
      class: `mark ${step.kind} ${color} ${failed ? "failed" : ""}`,
      cx: x, cy: middle, r: step.kind === "wait" ? r - 1 : r,
    }));
}

function make_row(i) {
  const step = run.steps[i];
  const process = run.processes[step.process];
  const picture = shape("svg", {
    class: "life-lines", "aria-hidden": "true", focusable: "false",
    width: Math.ceil(run.lanes.length * lane_width), height: row_height,
  });
  const middle = Math.round(row_height / 2);

  draw_lifelines(picture, i, middle);
  draw_mark(picture, step, middle);
  const row = element("div", {
    class: `row ${step.kind}${step.error ? " error" : ""}`, id: `step-${i}`,
    role: "option", "aria-posinset": i + 1, "aria-setsize": run.count,
  },
  element("span", { class: "number", "aria-hidden": "true" }, String(i + 1)),
  picture,
  element("span", { class: "who" },
    only_pids ? String(process.pid) : run.title_of(process, i)),
  element("span", { class: "text" },
    element("span", {}, sentence_of(run, step)), " ", data_of(run, step)));
  row.style.top = `${i * row_height}px`;
  row.addEventListener("click", (event) => {
    const touched = event.target.closest(".chip");
    go(i);
    if (touched && step.object !== null)
      select("object", step.object);
  });
  return row;
}

function mark_row(row, i) {
  const step = run.steps[i];
  const chosen = run.selected && (run.selected.kind === "process"
    ? step.process === run.selected.index || step.other === run.selected.index
    : step.object === run.selected.index);

  row.classList.toggle("future", i > run.at);
  row.classList.toggle("chosen", Boolean(chosen));
  row.setAttribute("aria-selected", i === run.at ? "true" : "false");
}

/* Make the rows that are in sight, and the current one, and drop the others. */
function draw_rows() {
  const box = $("rows");
  const first = printing ? 0
    : Math.max(0, Math.floor(box.scrollTop / row_height) - ROWS_BEYOND);
  const end = printing ? Math.min(run.count, ROWS_PRINTED)
    : Math.min(run.count, Math.ceil((box.scrollTop + box.clientHeight) /
      row_height) + ROWS_BEYOND);
  const wanted = (i) => (i >= first && i < end) || i === run.at;

  for (const [i, row] of rows)
    if (!wanted(i)) {
      row.remove();
      rows.delete(i);
    }
  const all_rows = box.firstChild;
  for (let i = first; i < end; i++)
    if (!rows.has(i))
      rows.set(i, all_rows.appendChild(make_row(i)));
  if (!rows.has(run.at))
    rows.set(run.at, all_rows.appendChild(make_row(run.at)));
  for (const [i, row] of rows)
    mark_row(row, i);
  box.setAttribute("aria-activedescendant", `step-${run.at}`);
}

/* Keep the current row away from the edges. */
function follow() {
  const box = $("rows");
  const top = run.at * row_height - box.scrollTop;
  const room = box.clientHeight;

  if (top < 2 * row_height || top > room - 4 * row_height)
    box.scrollTop = run.at * row_height - room * 0.4;
}

/* ---- The step in large letters ------------------------------------------- */

function draw_now() {
  const step = run.steps[run.at];
  const process = run.processes[step.process];
  const wait = step.blocked_us > 0 ? ` after waiting ${duration(step.blocked_us)}`
    : "";

  fill($("sentence"),
    element("span", { class: "hide" }, `Step ${run.at + 1} of ${run.count}: `),
    element("b", { class: "who" }, run.title_of(process)), " ",
    element("span", { class: step.error ? "error" : step.kind },
      sentence_of(run, step)),
    wait ? element("span", { class: "waited" }, wait) : null,
    step.kind === "wait" && step.until === null
      ? element("span", { class: "waited" }, ", for ever") : null, " ",
    data_of(run, step));
  fill($("raw"),
    element("span", {}, duration(step.at_us)), " ", element("code", {}, step.raw));
}

/* ---- Processes, objects, and the wires between --------------------------- */

function card(kind, index) {
  const key = `${kind} ${index}`;
  if (!cards.has(key)) {
    const title = element("button", { type: "button", class: "title" });
    const body = element("div", { class: "body" });
    const made = element("div", { class: `card ${kind}` }, title, body);
    title.addEventListener("click", () => select(kind, index));
    cards.set(key, { made, title, body });
  }
  return cards.get(key);
}

function draw_descriptor(descriptor, acts) {
  const object = run.objects[descriptor.object];
  const step = run.steps[run.at];
  const moves = acts && step.object === descriptor.object && step.flow &&
    descriptor.mode.includes(step.flow === "in" ? "r" : "w");
  const modes = { r: "read", w: "write", rw: "both" };
  const state = descriptor.to === run.at ? "closed"
    : descriptor.from === run.at && run.at > 0 ? "new" : "";
  const row = element("li", { class: `${state}${moves ? " moves" : ""}` },
    element("span", { class: "fd" }, String(descriptor.fd)),
    element("span", { class: "mode" }, modes[descriptor.mode] || ""),
    object ? element("span", {
      class: QUIET_KINDS.has(object.kind) ? "quiet" : `chip ${color_of(object)}`,
    }, object.label) : "?",
    descriptor.cloexec
      ? element("abbr", { title: "close-on-exec" }, "cloexec") : null,
    state ? element("b", { class: "change" }, state) : null);
  row.descriptor = state === "closed" ? null : descriptor;
  row.moves = moves;
  return row;
}

/* Descriptors 0, 1, 2 of files are seldom what it is about. */
function draw_quiet(list) {
  return element("li", {},
    element("span", { class: "fd" }, list.map((d) => d.fd).join(" ")),
    element("span", { class: "quiet" },
      list.map((d) => run.objects[d.object].label).join(", ")));
}

function draw_table(process, acts) {
  const whole = is_selected("process", process.index);
  const table = run.table_of(process, run.at);
  const quiet = table.filter((d) => d.to === null || d.to > run.at)
    .filter((d) => QUIET_KINDS.has(run.objects[d.object]?.kind));
  const short = !whole && quiet.length > 1 && run.crowded;
  const others = short ? table.filter((d) => !quiet.includes(d)) : table;
  const limit = whole || acts ? others.length : FDS_SHOWN;

  return element("ul", { class: "table" }, short ? draw_quiet(quiet) : null,
    others.slice(0, limit).map((d) => draw_descriptor(d, acts)),
    others.length > limit
      ? element("li", {}, `and ${others.length - limit} more`) : null);
}

function draw_process(process) {
  const { made, title, body } = card("process", process.index);
  const wait = run.wait_of(process, run.at);
  const acts = run.steps[run.at].process === process.index;
  const alive = holds(process, run.at);
  const parent = process.parent !== null && run.processes[process.parent];
  const state = !alive ? process.end || "ended"
    : wait ? `waits: ${wait.step.call}` : "";

  made.className = `card process${acts ? " acts" : ""}` +
    `${wait ? " waits" : ""}${alive ? "" : " gone"}` +
    (is_selected("process", process.index) ? " selected" : "");
  title.setAttribute("aria-pressed", is_selected("process", process.index));
  fill(title, element("b", {}, run.name_of(process).name),
    element("span", {}, String(process.pid)),
    parent ? element("span", { class: "parent" },
      `${process.thread ? "thread" : "child"} of ${parent.pid}`) : null);
  fill(body, state ? element("p", { class: "state" }, state) : null,
    alive && !process.thread ? draw_table(process, acts) : null);
  return made;
}

/* "pipe 2 (4), pipe 3 (4)", or nobody. */
function draw_holders(label, holders) {
  const more = holders.length - HOLDERS_SHOWN;

  return element("p", { class: "ends" }, element("span", {}, `${label}: `),
    holders.length === 0 ? element("b", {}, "nobody")
      : holders.slice(0, HOLDERS_SHOWN).map((d) =>
        `${run.title_of(run.processes[d.process])} (${d.fd})`).join(", "),
    more > 0 ? ` and ${more} more` : null);
}

function draw_object(object) {
  const { made, title, body } = card("object", object.index);
  const state = run.state_of(object, run.at);
  const holders = run.open_in(object.holders, run.at);
  const touched = run.steps[run.at].object === object.index;
  const both = object.kind === "pipe" || object.kind === "fifo";
  const parts = [];

  if (state?.text)
    parts.push(element("p", { class: "state" }, state.text));
  if (state && state.capacity)
    parts.push(draw_level(state));
  if (state?.items)
    parts.push(element("ul", { class: "items" },
      state.items.map((item) => element("li", {}, item))));
  if (both)
    parts.push(
      draw_holders("write end", holders.filter((d) => d.mode.includes("w"))),
      draw_holders("read end", holders.filter((d) => d.mode.includes("r"))));
  made.className = `card object c${object.color}${touched ? " acts" : ""}` +
    (is_selected("object", object.index) ? " selected" : "");
  title.setAttribute("aria-pressed", is_selected("object", object.index));
  fill(title, chip(object),
    element("span", { class: "detail" }, object.detail));
  fill(body, parts);
  return made;
}

function draw_level({ level = 0, capacity }) {
  const part = Math.min(1, level / capacity);
  const bar = element("div", { class: "level" }, element("div", {}),
    element("span", {}, `${level} of ${capacity}`));
  bar.firstChild.style.width = level > 0 ? `max(4px, ${100 * part}%)` : "0";
  return bar;
}

/* Objects that are in use at AT, or need no descriptor to be. */
function is_there(object, at) {
  if (object.from > at || QUIET_KINDS.has(object.kind))
    return false;
  return object.holders.length === 0 ||
    object.holders.some((d) => holds(d, at)) ||
    run.steps[at].object === object.index;
}

function put_cards(place, list, many) {
  const wanted = new Set(list);
  for (const child of [...place.children])
    if (!wanted.has(child))
      child.remove();
  list.forEach((made, i) => {
    if (place.children[i] !== made)
      place.insertBefore(made, place.children[i] || null);
  });
  if (many)
    place.append(many);
}

function draw_cards() {
  const begun = run.processes.filter((p) => p.from <= run.at);
  const gone = begun.filter((p) => !holds(p, run.at));
  const few = begun.length <= 8;
  const kept = few ? begun
    : begun.filter((p) => holds(p, run.at) || p.to === run.at);
  const hidden = begun.length - kept.length;

  put_cards($("processes"), kept.map(draw_process), hidden > 0
    ? element("p", { class: "quiet" },
      `${hidden} of ${gone.length} that have ended are not shown`) : null);
  put_cards($("objects"),
    run.objects.filter((o) => is_there(o, run.at)).map(draw_object), null);
  const step = run.steps[run.at];
  bring_into_sight($("processes"), cards.get(`process ${step.process}`)?.made);
  bring_into_sight($("objects"), cards.get(`object ${step.object}`)?.made);
  draw_wires();
}

/* Scrolls BOX and nothing around it. */
function bring_into_sight(box, made) {
  if (!made?.isConnected)
    return;
  const top = made.offsetTop - box.offsetTop;
  const bottom = top + Math.min(made.offsetHeight, box.clientHeight);

  if (top < box.scrollTop || bottom > box.scrollTop + box.clientHeight)
    box.scrollTop = top - 6;
}

const is_in_question = (descriptor) => run.lanes.length <= ALL_WIRED ||
  descriptor.process === run.steps[run.at].process ||
  is_selected("process", descriptor.process) ||
  is_selected("object", descriptor.object);

/* A wire from the element FROM to the card of OBJECT, with an arrow where bytes
 * can come out; nothing where FROM is scrolled away. */
function make_wire(from, object, { reads, writes, moves }) {
  const target = cards.get(`object ${object.index}`)?.made;
  if (!target?.isConnected)
    return [];
  const origin = $("cards").getBoundingClientRect();
  const left = $("processes").getBoundingClientRect();
  const right = $("objects").getBoundingClientRect();
  const a = from.getBoundingClientRect(), b = target.getBoundingClientRect();
  const from_y = (a.top + a.bottom) / 2;
  const to_y = b.top + rem * (writes ? 0.75 : 1.5);
  if (from_y < left.top || from_y > left.bottom)
    return [];
  const x1 = a.right - origin.left + 3, x2 = b.left - origin.left - 2;
  const y1 = from_y - origin.top;
  const y2 = Math.max(right.top, Math.min(right.bottom, to_y)) - origin.top;
  const bend = (x2 - x1) / 2, color = color_of(object);
  const flow = moves ? ` moves ${run.steps[run.at].flow}` : "";
  const parts = [shape("path", {
    class: `wire ${color}${flow}`,
    d: `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`,
  })];

  if (writes && to_y > right.top && to_y < right.bottom)
    parts.push(shape("path",
      { class: `arrow ${color}`, d: `M${x2 + 1},${y2} l-9,-5 v10 z` }));
  if (reads)
    parts.push(shape("path",
      { class: `arrow ${color}`, d: `M${x1 - 2},${y1} l9,-5 v10 z` }));
  return parts;
}

/* From each descriptor to its object; what has none is tied to who touches it
 * now. */
function draw_wires() {
  const step = run.steps[run.at];
  const touched = run.objects[step.object];
  const parts = [];

  for (const row of $("processes").querySelectorAll("li")) {
    const { descriptor, moves } = row;
    if (descriptor && is_in_question(descriptor))
      parts.push(...make_wire(row, run.objects[descriptor.object], {
        moves, reads: descriptor.mode.includes("r"),
        writes: descriptor.mode.includes("w"),
      }));
  }
  if (touched && touched.holders.length === 0)
    parts.push(...make_wire(cards.get(`process ${step.process}`).title, touched,
      { moves: true, reads: step.flow === "in", writes: step.flow === "out" }));
  $("wires").replaceChildren(...parts);
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
    run.subject && runs.length === 1 ? element("b", {}, run.subject) : null, " ",
    element("code", {}, run.command), " ",
    element("span", { class: run.hung ? "hung" : "" }, run.end),
    ` (${duration(run.duration_us)})`,
    run.missing > 0 ? element("b", {},
      ` ${run.missing} calls could not be followed to their end`) : null);
  fill($("output"), run.output.replace(/\n$/, "").split("\n")
    .flatMap((line, i) => i > 0 ? [document.createElement("br"), line] : [line]));
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
      element("strong", {}, ` ${h.close}`)))));
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
  return target.matches("#processes, #objects, #code, #output") && /^(Arrow(Up|Down)|Page)/.test(key);
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
      element("kbd", {}, String(i + 1)), " ", one.subject || one.command);
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
})();
