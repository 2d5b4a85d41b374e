// SPDX-License-Identifier: MIT
/*
 * run.js - a recording (MODEL.md) that can be asked what was true at a step,
 * and what all files of the replay share.
 *
 * Nothing is copied per step: intervals are searched.  What a run said becomes
 * text nodes and never markup.
 */
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32]; /* steps per second */
const FULL_TABLES = 3; /* of more processes, files are on one line */
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
    this.notes ||= []; /* there were none */
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
      Object.assign(object,
        { index, events: [], holders: [], from: Infinity }));
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
    const there = process && (process.to === null || process.to >= at);
    return there ? process : null;
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
  const parts = !object ? [text] : at < 0 ? [text, " ", chip(object)]
    : [text.slice(0, at), chip(object), text.slice(at + object.label.length)];

  if (step.kind === "wait")
    parts.push(` \u2026 waits${step.until === null ? " for ever" : ""}`);
  return parts;
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
