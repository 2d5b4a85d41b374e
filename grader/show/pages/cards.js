// SPDX-License-Identifier: MIT
/*
 * cards.js - what is true at the step that is shown: the processes with their
 * descriptors, what they share, and wires between the two.
 */
"use strict";

const FDS_SHOWN = 14; /* of a process that is not in question */
const ALL_WIRED = 8; /* of more processes, only what is in question is */
const HOLDERS_SHOWN = 6;

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
  const moves = acts && !step.error && step.flow &&
    step.object === descriptor.object &&
    descriptor.mode.includes(step.flow === "in" ? "r" : "w");
  const modes = { r: "read", w: "write", rw: "both" };
  const state = descriptor.to === run.at ? "closed"
    : descriptor.from === run.at && run.at > 0 ? "new" : "";
  const row = element("li", { class: `${state}${moves ? " moves" : ""}` },
    element("span", { class: "fd" }, String(descriptor.fd)),
    element("span", { class: "mode" }, modes[descriptor.mode] || ""),
    object ? element("span", {
      class: color_of(object) === "c-" ? "quiet" : `chip ${color_of(object)}`,
    }, object.label) : "?",
    descriptor.cloexec && !state
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
  /* Who reads what a run writes to its standard output is not known. */
  const both = !object.outside &&
    (object.kind === "pipe" || object.kind === "fifo");
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
