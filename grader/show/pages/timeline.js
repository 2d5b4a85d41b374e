// SPDX-License-Identifier: MIT
/*
 * timeline.js - the steps of a run, one to a row, beside the lifelines of its
 * processes.  Of the rows only those in sight exist.
 */
"use strict";

const ROWS_BEYOND = 8; /* made above and below those in sight */
const ROWS_PRINTED = 400;

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
    const forked = now && now.from === i && run.steps[i].other === now.index;
    if (now && holds(now, i) && !forked) /* else the branch has drawn it */
      half(now, i, middle, row_height);
  }
}

const MARKS = {
  exec: (x, y, r) => `M${x},${y - r} l${r},${r} l${-r},${r} l${-r},${-r} z`,
  exit: (x, y, r) => `M${x - r},${y - r} h${2 * r} v${2 * r} h${-2 * r} z`,
  signal: (x, y, r) => `M${x},${y - r} l${r},${2 * r} h${-2 * r} z`,
  stop: (x, y, r) => `M${x - r},${y - r} L${x + r},${y + r} ` +
    `M${x + r},${y - r} L${x - r},${y + r}`,
};

/* From the mark to the text, in the colour of the object; the arrow says where
 * the data goes. */
function draw_leader(picture, step, { x, y, r, color }) {
  const end = run.lanes.length * lane_width;

  picture.append(shape("line",
    { class: `leader ${color}`, x1: x + r, x2: end, y1: y, y2: y }));
  if (step.flow && step.kind !== "wait")
    picture.append(shape("path", {
      class: `arrow ${color}`,
      d: step.flow === "out" ? `M${end},${y} l-9,-5 v10 z`
        : `M${x + r},${y} l9,-5 v10 z`,
    }));
}

/* To the child that was forked, or the process that is killed. */
function draw_link(picture, step, { x, y }) {
  const to = lane_x(run.processes[step.other].lane);
  const turn = Math.min(12, Math.abs(to - x)) * Math.sign(to - x);

  if (step.kind === "fork")
    picture.append(shape("path", {
      class: "life branch",
      d: `M${x},${y} H${to - turn} Q${to},${y} ${to},${y + 12} V${row_height}`,
    }));
  else if (step.call === "kill")
    picture.append(shape("line",
      { class: "kill", x1: x, x2: to, y1: y, y2: y }));
}

function draw_mark(picture, step, y) {
  const x = lane_x(run.processes[step.process].lane);
  const r = Math.max(3, Math.min(7, lane_width * 0.42));
  const color = color_of(run.objects[step.object]);
  const failed = step.error || /^killed/.test(step.text) ? "failed" : "";
  const path = MARKS[step.kind];

  draw_leader(picture, step, { x, y, r, color });
  if (step.other !== null)
    draw_link(picture, step, { x, y });
  if (step.kind === "stop")
    picture.append(shape("circle",
      { class: "stop-ground", cx: x, cy: y, r: r + 2 }));
  picture.append(path
    ? shape("path",
      { class: `mark ${step.kind} ${failed}`, d: path(x, y, r) })
    : shape("circle", {
      class: `mark ${step.kind} ${color} ${failed}`, cx: x, cy: y,
      r: step.kind === "wait" ? r - 1 : r,
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
