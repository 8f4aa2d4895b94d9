-- Version 1 of the history. src/lib.rs says what each table is for.

CREATE TABLE run (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    time_s INTEGER NOT NULL, -- Seconds since 1970-01-01, UTC.
    commit_id TEXT
) STRICT;

CREATE TABLE hardware (
    fingerprint TEXT PRIMARY KEY,
    summary TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE measurement (
    number INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run,
    node TEXT NOT NULL,
    bench TEXT NOT NULL,
    target TEXT,
    artifact TEXT,
    hardware TEXT NOT NULL REFERENCES hardware,
    toolchains TEXT NOT NULL,
    tuning TEXT,
    key TEXT NOT NULL,
    verdict TEXT, -- JSON.
    failed INTEGER NOT NULL CHECK (failed IN (0, 1)),
    times_count INTEGER NOT NULL CHECK (times_count IN (0, 1))
) STRICT;

CREATE INDEX measurement_by_key ON measurement (key);

CREATE TABLE metric (
    number INTEGER PRIMARY KEY,
    measurement INTEGER NOT NULL REFERENCES measurement,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    better TEXT NOT NULL CHECK (better IN ('less', 'more')),
    UNIQUE (measurement, name)
) STRICT;

CREATE TABLE sample (
    metric INTEGER NOT NULL REFERENCES metric,
    position INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (metric, position)
) STRICT, WITHOUT ROWID;

CREATE VIEW figure AS
SELECT
    run.id AS run,
    run.time_s,
    run.commit_id,
    measurement.node,
    measurement.target,
    hardware.summary AS hardware,
    measurement.toolchains,
    metric.name AS metric,
    metric.unit,
    sample.position,
    sample.value
FROM sample
JOIN metric ON metric.number = sample.metric
JOIN measurement ON measurement.number = metric.measurement
JOIN run ON run.number = measurement.run
JOIN hardware ON hardware.fingerprint = measurement.hardware;
