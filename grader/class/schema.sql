-- SPDX-License-Identifier: MIT
--
-- The gradebook of a class: one SQLite file, written by one process at a time.
-- PRAGMA user_version is the version of this schema: 2.
--
-- Points are tenths of a point (an integer), so that sums are exact.  Times are
-- seconds since the epoch.  A hash is SHA-256 in hexadecimal.  Nothing that a
-- student has handed in is ever removed.  A result is replaced where the same
-- file is graded again in the same environment, but never by one with an error.

-- What stays from run to run until another is given: 'attempts' (last, best or
-- first), 'due' (seconds since the epoch), 'extra_tests' (a directory), 'roster'
-- ('yes': there was one).
CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- One row for each `ipclab class`.
CREATE TABLE run (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    started INTEGER NOT NULL
) STRICT;

CREATE TABLE student (
    id        TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    section   TEXT NOT NULL,
    in_roster INTEGER NOT NULL -- 0: handed in, but is not in the roster
) STRICT;

-- What was handed in, by its content.
CREATE TABLE file (
    hash TEXT PRIMARY KEY,
    data BLOB NOT NULL
) STRICT;

-- Who has handed in which file for which lab.
CREATE TABLE attempt (
    student     TEXT NOT NULL REFERENCES student (id),
    lab         TEXT NOT NULL,
    hash        TEXT NOT NULL REFERENCES file (hash),
    origin      TEXT NOT NULL,    -- where it was found: 'alice.zip: pipe.c'
    number      INTEGER NOT NULL, -- as the packaging counts attempts; 0: not
    submitted   INTEGER NOT NULL, -- 0: not known
    marked_late INTEGER NOT NULL, -- the platform says so
    first_seen  INTEGER NOT NULL REFERENCES run (id),
    last_seen   INTEGER NOT NULL REFERENCES run (id),
    PRIMARY KEY (student, lab, hash, origin)
) STRICT;

-- What the last run passed over, and why.
CREATE TABLE ignored (
    path TEXT NOT NULL,
    why  TEXT NOT NULL
) STRICT;

-- All that a result depends on but the file: the lab with its tests, the
-- grader, the toolchain, the sandbox level.  The one that holds for each lab:
-- that of the last run in which the lab was not left out.
CREATE TABLE environment (
    lab         TEXT PRIMARY KEY,
    digest      TEXT NOT NULL,
    description TEXT NOT NULL
) STRICT;

-- What a file is worth in a lab, as the machine has judged it.
CREATE TABLE result (
    id          INTEGER PRIMARY KEY,
    hash        TEXT NOT NULL REFERENCES file (hash),
    lab         TEXT NOT NULL,
    environment TEXT NOT NULL,    -- environment.digest at that time
    score       INTEGER NOT NULL,
    max         INTEGER NOT NULL,
    complete    INTEGER NOT NULL, -- 0: some verdict is an error of the grader
    builds      INTEGER NOT NULL,
    stale       INTEGER NOT NULL DEFAULT 0, -- to be graded again
    sandbox     TEXT NOT NULL,
    graded      INTEGER NOT NULL,
    wall        REAL NOT NULL,    -- seconds
    cpu         REAL NOT NULL,
    grade       TEXT NOT NULL,    -- JSON: ../result/SCHEMA.md
    UNIQUE (hash, lab, environment)
) STRICT;

-- The same, test by test.
CREATE TABLE test (
    result      INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL, -- order in the lab
    name        TEXT NOT NULL,
    step        TEXT NOT NULL,
    description TEXT NOT NULL,
    visibility  TEXT NOT NULL,    -- visible, hidden, after_due_date
    bonus       INTEGER NOT NULL,
    verdict     TEXT NOT NULL,    -- pass, fail, error
    cleanliness TEXT NOT NULL,
    points      INTEGER NOT NULL,
    max         INTEGER NOT NULL,
    worth       INTEGER NOT NULL,
    diagnosis   TEXT,             -- id of the misconception
    sentence    TEXT,
    seen        TEXT,
    PRIMARY KEY (result, name)
) STRICT;

CREATE TABLE evidence (
    result INTEGER NOT NULL,
    test   TEXT NOT NULL,
    number INTEGER NOT NULL,
    line   TEXT NOT NULL,
    PRIMARY KEY (result, test, number),
    FOREIGN KEY (result, test) REFERENCES test (result, name) ON DELETE CASCADE
) STRICT;

-- Jobs that could not be done, though tried twice.
CREATE TABLE failure (
    hash        TEXT NOT NULL REFERENCES file (hash),
    lab         TEXT NOT NULL,
    environment TEXT NOT NULL,
    why         TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (hash, lab, environment)
) STRICT;

-- What the instructor says instead; no regrade touches it.
CREATE TABLE override (
    student TEXT NOT NULL REFERENCES student (id),
    lab     TEXT NOT NULL,
    test    TEXT NOT NULL,
    points  INTEGER NOT NULL,
    why     TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (student, lab, test)
) STRICT;

-- Results that hold now.
CREATE VIEW valid AS
SELECT result.*
FROM result
JOIN environment ON environment.lab = result.lab
                AND environment.digest = result.environment;

-- Every attempt with its result, if there is one; `place` 1 is what counts.  A
-- file that was there in a later run is newer than one that was not.  It is
-- `late` if the platform says so or it came after the due date that holds now.
CREATE VIEW ranked AS
WITH policy (attempts, due) AS (
    SELECT coalesce((SELECT value FROM setting WHERE name = 'attempts'), 'last'),
           (SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'due')
)
SELECT attempt.*, marked_late OR coalesce(submitted > due, 0) AS late,
       valid.id AS result, valid.score, valid.max, valid.complete,
       valid.builds, valid.stale,
       row_number() OVER (
           PARTITION BY attempt.student, attempt.lab
           ORDER BY iif(attempts = 'best', coalesce(valid.score, -1), 0) DESC,
                    iif(attempts = 'first', first_seen, -last_seen),
                    iif(attempts = 'first', number, -number),
                    iif(attempts = 'first', submitted, -submitted),
                    iif(attempts = 'first', origin, NULL),
                    origin DESC
       ) AS place
FROM attempt
CROSS JOIN policy
LEFT JOIN valid ON valid.hash = attempt.hash AND valid.lab = attempt.lab;

CREATE VIEW counted AS SELECT * FROM ranked WHERE place = 1;

-- Each test of what counts, with the instructor's word where there is one.
CREATE VIEW verdict AS
SELECT counted.student, counted.lab, counted.result, test.name, test.number,
       test.verdict, test.diagnosis, test.visibility, test.bonus,
       test.points AS machine_points, test.max AS machine_max,
       coalesce(override.points, test.points) AS points,
       -- What the grader could not tell, the instructor can.
       iif(override.points IS NULL, test.max, test.worth) AS max
FROM counted
JOIN test ON test.result = counted.result
LEFT JOIN override ON override.student = counted.student
                  AND override.lab = counted.lab
                  AND override.test = test.name;

-- The gradebook proper: a row for each student and lab with something to say.
CREATE VIEW grade AS
SELECT student, lab, sum(points) AS points, sum(max) AS max
FROM verdict
GROUP BY student, lab;
