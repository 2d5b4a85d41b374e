// SPDX-License-Identifier: MIT
/*
 * make.js - recordings to draw, made by acting out small runs.
 *
 *     node make.js DIRECTORY   writes the fixtures DIRECTORY/*.json
 *     node make.js --large     prints one of 20 processes and 10 000 steps
 *
 * What a recording is: grader/show/MODEL.md.  The fixtures are kept, so that
 * unit tests need no node; this says how to make them again when that changes.
 */
"use strict";

const fs = require("fs");
const path = require("path");

const ROOT = path.join(__dirname, "..", "..");

/* ---- A run --------------------------------------------------------------- */

class Run {
  constructor(about) {
    this.recording = {
      version: 1, command: "", subject: "", title: "", ask: [],
      end: "exited with status 0", hung: false, duration_us: 0, output: "",
      processes: [], objects: [], descriptors: [], steps: [], waits: [],
      sources: {}, missing: 0, line: about.command, ...about,
    };
    this.now = 0;
    this.waiting = new Map();
    this.bytes = new Map();
  }

  get next() { return this.recording.steps.length; }

  source(name, file) {
    this.file = name;
    this.recording.sources[name] =
      fs.readFileSync(path.join(ROOT, file), "utf8");
  }

  /* The line of the source that holds TEXT; the NTH of them. */
  line(text, nth = 1) {
    const lines = this.recording.sources[this.file].split("\n");
    let at = -1;
    while (nth-- > 0)
      at = lines.findIndex((line, i) => i > at && line.includes(text));
    if (at < 0)
      throw new Error(`no line of ${this.file} has: ${text}`);
    return at + 1;
  }

  process(name, command, parent = null) {
    const { processes } = this.recording;
    const used = new Set(processes.filter((p) => p.to === null)
      .map((p) => p.lane));
    let lane = 0;
    while (used.has(lane))
      lane++;
    processes.push({
      pid: processes.length + 2, name, command,
      names: [{ from: this.next, name, command }], parent, thread: false,
      lane, from: this.next, to: null, end: null,
    });
    return processes.length - 1;
  }

  object(kind, label, detail, state) {
    const { objects } = this.recording;
    objects.push({
      kind, label, detail, color: objects.length % 8, states: [],
    });
    this.state(objects.length - 1, state);
    return objects.length - 1;
  }

  state(object, state) {
    const { states } = this.recording.objects[object];
    const last = states[states.length - 1];
    if (last && last.step === this.next)
      states.pop();
    states.push({ step: this.next, ...state });
  }

  open(process, fd, object, mode, cloexec = false) {
    this.recording.descriptors.push({
      process, fd, object, mode, cloexec, from: this.next, to: null,
    });
  }

  close(process, fd) {
    for (const d of this.recording.descriptors)
      if (d.process === process && d.to === null &&
          (fd === undefined || d.fd === fd))
        d.to = this.next;
  }

  held(process, fd) {
    return this.recording.descriptors.find((d) =>
      d.process === process && d.fd === fd && d.to === null);
  }

  step(process, text, more = {}) {
    const kind = more.kind || "call";
    this.now += more.took || 40 + (this.next * 37) % 90;
    delete more.took;
    const step = {
      at_us: this.now, process, kind, call: "", text, raw: "", object: null,
      flow: "", data: null, size: null, error: null, blocked_us: 0,
      until: null, other: null, file: null, line: null, ...more,
    };
    if (step.line !== null)
      step.file = this.file;
    if (kind === "wait") {
      this.waiting.set(process, step);
      step.at = this.next;
    } else if (this.waiting.has(process) && kind !== "signal") {
      const began = this.waiting.get(process);
      if (kind === "return") {
        began.until = this.next;
        step.blocked_us = step.at_us - began.at_us;
      }
      this.waiting.delete(process);
    }
    this.recording.steps.push(step);
    this.recording.duration_us = this.now;
    return this.next - 1;
  }

  /* ---- Calls ---- */

  exec(process, raw) {
    const { name } = this.recording.processes[process];
    this.step(process, `run ${name}`, { kind: "exec", call: "execve", raw });
  }

  pipe(process, [r, w], line, call = "pipe") {
    const count = this.recording.objects
      .filter((o) => o.kind === "pipe").length;
    const label = `pipe ${String.fromCharCode(65 + count)}`;
    const object = this.object("pipe", label, `pipe:[${448364 + count}]`,
      { text: "empty", level: 0, capacity: 65536 });
    this.bytes.set(object, "");
    this.open(process, r, object, "r");
    this.open(process, w, object, "w");
    this.step(process, `make ${label}: read end ${r}, write end ${w}`,
      { call, raw: `${call}([${r}, ${w}]) = 0`, object, line });
    return object;
  }

  fork(process, line) {
    const { processes, descriptors } = this.recording;
    const { name, command } = processes[process];
    const child = this.process(name, command, process);
    const { pid } = processes[child];
    for (const d of descriptors.filter((d) =>
      d.process === process && d.to === null))
      this.open(child, d.fd, d.object, d.mode, d.cloexec);
    this.step(process, `fork: process ${pid}`, {
      kind: "fork", call: "clone", other: child, line,
      raw: "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|" +
        `CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f1c8a4a2a10) = ${pid}`,
    });
    return child;
  }

  closes(process, fd, line) {
    const { object, mode } = this.held(process, fd);
    const { label, kind } = this.recording.objects[object];
    const end = kind !== "pipe" ? ""
      : mode === "r" ? "a read end of " : "a write end of ";
    this.close(process, fd);
    this.step(process, `close ${fd}, ${end}${label}`,
      { call: "close", raw: `close(${fd}) = 0`, object, line });
  }

  level(object) {
    const { length } = this.bytes.get(object);
    this.state(object, {
      text: length === 0 ? "empty" : `${length} byte${length > 1 ? "s" : ""}`,
      level: length, capacity: 65536,
    });
  }

  write(process, fd, data, line) {
    const { object } = this.held(process, fd);
    const { label } = this.recording.objects[object];
    if (this.bytes.has(object)) {
      this.bytes.set(object, this.bytes.get(object) + data);
      this.level(object);
    }
    const text = JSON.stringify(data).slice(1, -1);
    this.step(process, `write ${fd} to ${label}: ${data.length} bytes`, {
      kind: this.waiting.has(process) ? "return" : "call", call: "write",
      raw: `write(${fd}, "${text}", ${data.length}) = ${data.length}`,
      object, flow: "out", data: text, size: data.length, line,
    });
  }

  /* DATA is given for what is not a pipe. */
  read(process, fd, line, data) {
    const { object } = this.held(process, fd);
    const { label } = this.recording.objects[object];
    if (data === undefined) {
      data = this.bytes.get(object);
      this.bytes.set(object, "");
      this.level(object);
    }
    const text = JSON.stringify(data).slice(1, -1);
    this.step(process, `read ${fd} from ${label}: ` +
      (data ? `${data.length} bytes` : "end-of-file"), {
      kind: this.waiting.has(process) ? "return" : "call", call: "read",
      raw: `read(${fd}, "${text}", 4096) = ${data.length}`,
      object, flow: "in", data: text, size: data.length, line,
    });
  }

  reads(process, fd, line) {
    const { object } = this.held(process, fd);
    const { label } = this.recording.objects[object];
    this.step(process, `read ${fd} from ${label}`, {
      kind: "wait", call: "read", raw: `read(${fd}, `, object, flow: "in", line,
    });
  }

  waits(process, other, line) {
    const { pid } = this.recording.processes[other];
    this.step(process, `waitpid for process ${pid}`, {
      kind: "wait", call: "wait4", raw: `wait4(${pid}, `, other, line,
    });
  }

  waited(process, other, line) {
    const { pid, end } = this.recording.processes[other];
    this.step(process, `waitpid: process ${pid} ${end}`, {
      kind: this.waiting.has(process) ? "return" : "call", call: "wait4",
      raw: `wait4(${pid}, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) ` +
        `= ${pid}`,
      other, line,
    });
  }

  exit(process, end = "exited with status 0") {
    const about = this.recording.processes[process];
    this.close(process);
    about.to = this.next;
    about.end = end;
    this.waiting.delete(process);
    this.step(process, end, {
      kind: "exit", raw: end.startsWith("killed") ? `+++ ${end} +++`
        : `+++ ${end.replace("with status", "with")} +++`,
    });
  }
}

/* Three files, as a launch has them. */
function standard(run, process, input = 'file "input"') {
  const names = [input, 'file "output"', 'file "errors"'];
  names.forEach((label, fd) => {
    const object = run.object("file", label, label.slice(6, -1),
      { text: "" });
    run.open(process, fd, object, fd === 0 ? "r" : "w");
  });
}

/* ---- A pipe that is read to its end, and one that is not ----------------- */

const UPPER = {
  command: "pipe upper < input", title: "End-of-file, and who decides it",
  ask: [
    "Two processes hold the pipe after fork. Which ends, and how many?",
    "The parent has closed its write end. Why does the child still wait?",
    "Where would you put the one line that is missing, and why there?",
  ],
};

function upper(closes) {
  const run = new Run({
    ...UPPER, subject: closes ? "the solution" : "wrong: child_keeps_write_end",
    output: "HELLO, PIPE\n",
  });
  run.source("labs/pipe/pipe.c", closes ? "solutions/pipe/pipe.c"
    : "tests/submissions/pipe/wrong/child_keeps_write_end.c");
  const find = (right, wrong) => closes ? run.line(...right)
    : run.line(...(wrong || right));
  const parent = run.process("pipe", "pipe upper");
  const read = find(["TEMP_FAILURE_RETRY(read("], ["n = read("]);
  const write = find(["ssize_t w = write("]);
  const wait = find(["waitpid("], ["waitpid("]);
  standard(run, parent);
  run.exec(parent, 'execve("/kit/pipe", ["pipe", "upper"], 0x7ffd) = 0');
  const pipe = run.pipe(parent, [3, 4], find(["pipe(fd) == -1"]));
  const child = run.fork(parent, find(["pid_t pid = fork();"], ["fork()"]));
  run.closes(parent, 3, find(["close_end(&fd[0]);"], ["close(fd[0])"]));
  if (closes)
    run.closes(child, 4, find(["close_end(&fd[1]);"]));
  run.reads(child, 3, read);
  run.read(parent, 0, read, "hello, pipe\n");
  run.write(parent, 4, "hello, pipe\n", write);
  run.read(child, 3, read);
  run.write(child, 1, "HELLO, PIPE\n", write);
  run.reads(child, 3, read);
  run.read(parent, 0, read, "");
  run.closes(parent, 4,
    find(["close_end(&fd[1]); /* the"], ["close(fd[1])"]));
  if (closes) {
    run.read(child, 3, read);
    run.waits(parent, child, wait);
    run.exit(child);
    run.waited(parent, child, wait);
    run.exit(parent);
    return run.recording;
  }
  run.waits(parent, child, wait);
  run.step(parent, "stopped: no process can ever go on", { kind: "stop" });
  return Object.assign(run.recording, {
    end: "hung: no process can ever go on", hung: true,
    waits: [
      {
        process: parent, call: "waitpid", object: null,
        what: "the end of process 3",
        text: "pipe 2 is blocked in waitpid: it waits for its child pipe 3",
        holders: [{
          process: child, name: "pipe 3", fd: null, itself: false,
          blocked: true, close: null,
        }],
      },
      {
        process: child, call: "read", object: pipe,
        what: "data or end-of-file from pipe A",
        text: "pipe 3 is blocked in read(3), pipe A: it holds the write end " +
          "itself, as descriptor 4",
        holders: [{
          process: child, name: "pipe 3", fd: 4, itself: true, blocked: true,
          close: "pipe 3 must close its descriptor 4",
        }],
      },
    ],
  });
}

/* ---- Semaphores ---------------------------------------------------------- */

const LOCK_C = `#include <sys/sem.h>

int sem_p(int id, int num)
{
    struct sembuf p = {num, -1, SEM_UNDO};

    return semop(id, &p, 1);
}

int sem_v(int id, int num)
{
    struct sembuf v = {num, 1, SEM_UNDO};

    return semop(id, &v, 1);
}

int main(void)
{
    int id = semget(IPC_PRIVATE, 1, 0600);
    semctl(id, 0, SETVAL, 1);
    int shm = shmget(IPC_PRIVATE, 4096, 0600);
    long *count = shmat(shm, NULL, 0);
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            return work(id, count);
    kill(victim, SIGKILL);
    while (wait(NULL) > 0)
        ;
    semctl(id, 0, IPC_RMID);
}
`;

function semaphores() {
  const run = new Run({
    command: "semaphores count 4", subject: "your labs/semaphores/semaphores.c",
    title: "A lock whose holder is killed",
    ask: [
      "Process 4 is killed while it holds the lock. Who gives it back?",
      "What would the others do if SEM_UNDO had been forgotten?",
      "Is the number in the segment right? What does the lock promise of it?",
    ],
  });
  run.file = "labs/semaphores/semaphores.c";
  run.recording.sources[run.file] = LOCK_C;
  const parent = run.process("semaphores", "semaphores count 4");
  standard(run, parent, 'file "/dev/null"');
  run.exec(parent,
    'execve("/kit/semaphores", ["semaphores", "count", "4"], 0x7ffc) = 0');
  const set = run.object("semaphores", "set A", "semid 0, private",
    { text: "1 semaphore, no value yet", items: ["0: value 0"] });
  run.step(parent, "semget: make set A of 1 semaphore", {
    call: "semget", raw: "semget(IPC_PRIVATE, 1, 0600) = 0", object: set,
    line: run.line("semget("),
  });
  let value = 1;
  const waiters = new Set();
  const show = () => run.state(set, {
    text: `value ${value}, ${waiters.size} waiting`,
    items: [`0: value ${value}` + (waiters.size
      ? `, waited for by ${[...waiters].join(", ")}` : "")],
  });
  show();
  run.step(parent, "semctl SETVAL 0 of set A: 1", {
    call: "semctl", raw: "semctl(0, 0, SETVAL, 1) = 0", object: set,
    flow: "out", line: run.line("SETVAL"),
  });
  const segment = run.object("segment", "segment A", "shmid 0, 4096 bytes",
    { text: "attached by nobody" });
  run.step(parent, "shmget: make segment A of 4096 bytes", {
    call: "shmget", raw: "shmget(IPC_PRIVATE, 4096, 0600) = 0",
    object: segment, line: run.line("shmget"),
  });
  run.state(segment, { text: "attached by 1 process" });
  run.step(parent, "shmat segment A", {
    call: "shmat", raw: "shmat(0, NULL, 0) = 0x7f2b6c1e4000", object: segment,
    line: run.line("shmat"),
  });
  const workers = [];
  for (let i = 0; i < 4; i++) {
    run.state(segment, { text: `attached by ${i + 2} processes` });
    workers.push(run.fork(parent, run.line("fork()")));
  }
  const pid = (process) => run.recording.processes[process].pid;
  const holds = new Set();
  const down = (process, kind = "call") => {
    waiters.delete(pid(process));
    value--;
    holds.add(process);
    show();
    run.step(process, "semop 0 of set A: down by 1", {
      kind, call: "semop", object: set, line: run.line("semop(id, &p"),
      raw: "semop(0, [{0, -1, SEM_UNDO}], 1) = 0", flow: "in",
    });
  };
  const wants = (process) => {
    waiters.add(pid(process));
    show();
    run.step(process, "semop 0 of set A: down by 1", {
      kind: "wait", call: "semop", object: set, line: run.line("semop(id, &p"),
      raw: "semop(0, [{0, -1, SEM_UNDO}], 1", flow: "in",
    });
  };
  const up = (process) => {
    value++;
    holds.delete(process);
    show();
    run.step(process, "semop 0 of set A: up by 1", {
      call: "semop", object: set, line: run.line("semop(id, &v"),
      raw: "semop(0, [{0, 1, SEM_UNDO}], 1) = 0", flow: "out",
    });
  };
  const end = (process, how) => {
    if (holds.delete(process)) {
      value++;
      show();
    }
    const left = run.recording.processes.filter((p) => p.to === null).length;
    run.state(segment, { text: `attached by ${left - 1} processes` });
    run.exit(process, how);
  };
  const [a, b, c, d] = workers;
  down(a); wants(b); wants(c); wants(d);
  up(a); down(b, "return"); wants(a);
  run.step(parent, `kill process ${pid(b)} with SIGKILL`, {
    call: "kill", raw: `kill(${pid(b)}, SIGKILL) = 0`, other: b,
    line: run.line("kill("),
  });
  end(b, "killed by SIGKILL");
  run.step(parent, `signal SIGCHLD from process ${pid(b)}`, {
    kind: "signal", raw: "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, " +
      `si_pid=${pid(b)}} ---`, other: b,
  });
  down(c, "return"); up(c); down(d, "return");
  end(c); up(d); down(a, "return"); end(d); up(a); end(a);
  for (const process of [b, c, d, a])
    run.waited(parent, process, run.line("wait(NULL)"));
  run.state(set, { text: "removed", items: [] });
  run.step(parent, "semctl IPC_RMID: remove set A", {
    call: "semctl", raw: "semctl(0, 0, IPC_RMID) = 0", object: set,
    line: run.line("IPC_RMID"),
  });
  end(parent);
  return run.recording;
}

/* ---- What a hostile program can put into a recording --------------------- */

const HOSTILE = [
  "</script><script>alert(1)</script>", "]]><!--<script>", "\" onload=\"x",
  "a\u0001\u001b[31m\u007fb", "\u2028\u2029", "\u202eevil\u2066",
  "\ufffe\uffff",
  "<img src=x onerror=alert(1)>", "\\N{evil} %s &amp; </title>", "\u{e0001}",
].join(" ");

function hostile() {
  const run = new Run({
    command: HOSTILE, subject: HOSTILE, title: HOSTILE, ask: [HOSTILE],
    end: HOSTILE, hung: true, output: HOSTILE,
  });
  run.file = HOSTILE;
  run.recording.sources[HOSTILE] = `${HOSTILE}\n`.repeat(3);
  const first = run.process(HOSTILE, HOSTILE);
  const object = run.object("fifo", HOSTILE, HOSTILE, {
    text: HOSTILE, level: 5, capacity: 4096, items: [HOSTILE],
  });
  run.open(first, 3, object, "rw");
  run.step(first, HOSTILE, {
    kind: "exec", call: HOSTILE, raw: HOSTILE, object, flow: "out",
    data: HOSTILE, size: 9, error: HOSTILE, line: 2,
  });
  run.step(first, `${HOSTILE} waits`, {
    kind: "wait", call: HOSTILE, raw: HOSTILE, object, line: 3,
  });
  run.recording.waits.push({
    process: first, call: HOSTILE, object, what: HOSTILE, text: HOSTILE,
    holders: [
      {
        process: first, name: HOSTILE, fd: 3, itself: true, blocked: true,
        close: HOSTILE,
      },
      {
        process: null, name: HOSTILE, fd: null, itself: false, blocked: false,
        close: HOSTILE,
      },
    ],
  });
  return run.recording;
}

/* ---- Twenty processes ---------------------------------------------------- */

function large(count = 20, steps = 10000) {
  const run = new Run({
    command: `ring ${count}`, subject: "a large run",
    title: `A ring of ${count} processes`,
  });
  run.source("labs/pipe/pipe.c", "solutions/pipe/pipe.c");
  let seed = 1;
  const random = (n) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
  };
  const read = run.line("read("), write = run.line("write(");
  const all = [run.process("ring", `ring ${count}`)];
  standard(run, 0);
  run.exec(0, `execve("/kit/ring", ["ring", "${count}"], 0x7ffd) = 0`);
  for (let i = 0; i < count; i++)
    run.pipe(0, [3 + 2 * i, 4 + 2 * i], run.line("pipe(fd)"));
  while (all.length < count)
    all.push(run.fork(0, run.line("fork()")));
  for (let i = 0; i < count; i++)
    for (let fd = 3; fd < 3 + 2 * count; fd++)
      if (fd !== 3 + 2 * i && fd !== 4 + 2 * ((i + 1) % count))
        run.closes(i, fd, run.line("close(*fd)"));
  /* Each reads pipe i and writes pipe i + 1. */
  const full = new Set();
  while (run.next < steps - count - 1) {
    const i = random(count);
    const from = 3 + 2 * i, to = 4 + 2 * ((i + 1) % count);
    if (full.delete(i)) {
      run.read(i, from, read);
    } else if (!run.waiting.has(i) && random(3) === 0) {
      run.reads(i, from, read);
    } else if (!run.waiting.has(i)) {
      run.write(i, to, `message ${run.next}\n`, write);
      full.add((i + 1) % count);
    } else {
      const before = (i + count - 1) % count;
      if (!run.waiting.has(before)) {
        run.write(before, from + 1, `message ${run.next}\n`, write);
        full.add(i);
      } else {
        run.waiting.delete(i);
        run.step(i, "SIGALRM is delivered",
          { kind: "signal", raw: "--- SIGALRM ---" });
      }
    }
  }
  while (all.length > 0)
    run.exit(all.pop());
  return run.recording;
}

/* -------------------------------------------------------------------------- */

const FIXTURES = {
  pipe_right: () => upper(true), pipe_wrong: () => upper(false), semaphores,
  hostile,
};

if (process.argv[2] === "--large")
  process.stdout.write(JSON.stringify(large()));
else
  for (const [name, make] of Object.entries(FIXTURES))
    fs.writeFileSync(path.join(process.argv[2], `${name}.json`),
      `${JSON.stringify(make(), null, 1)}\n`);
