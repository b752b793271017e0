-- Every key starts with the workspace. Columns named `body` are sealed.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE workspace (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    fence  INTEGER NOT NULL DEFAULT 0,
    cursor INTEGER NOT NULL DEFAULT 0  -- facts up to here are decided
) STRICT;

-- The log. Rows are written once.
CREATE TABLE fact (
    workspace   INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    source      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    body        BLOB NOT NULL,
    PRIMARY KEY (workspace, seq)
) STRICT, WITHOUT ROWID;

-- How each decided fact ended, or what it waits for.
CREATE TABLE fact_end (
    workspace INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    outcome   TEXT NOT NULL,
    reason    TEXT,
    waits_on  TEXT,
    PRIMARY KEY (workspace, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_waiting ON fact_end (workspace, waits_on) WHERE waits_on IS NOT NULL;

-- Facts behind the cursor that are to be decided anew.
CREATE TABLE fact_again (
    workspace INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    PRIMARY KEY (workspace, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE deal (
    workspace INTEGER NOT NULL,
    origin    TEXT NOT NULL,
    id        TEXT NOT NULL,
    state     TEXT NOT NULL,
    PRIMARY KEY (workspace, origin, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE deal_contact (
    workspace INTEGER NOT NULL,
    contact   TEXT NOT NULL,
    origin    TEXT NOT NULL,
    id        TEXT NOT NULL,
    PRIMARY KEY (workspace, contact, origin, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact (
    workspace INTEGER NOT NULL,
    node      TEXT NOT NULL,
    state     TEXT NOT NULL,
    PRIMARY KEY (workspace, node)
) STRICT, WITHOUT ROWID;

-- Both directions of every link.
CREATE TABLE link (
    workspace INTEGER NOT NULL,
    a         TEXT NOT NULL,
    b         TEXT NOT NULL,
    PRIMARY KEY (workspace, a, b)
) STRICT, WITHOUT ROWID;

CREATE TABLE click (
    workspace INTEGER NOT NULL,
    node      TEXT NOT NULL,
    message   TEXT NOT NULL,
    at_s      INTEGER NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (workspace, node, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX click_time ON click (workspace, node, at_s);

CREATE TABLE catalogue (
    workspace INTEGER NOT NULL,
    origin    TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    state     TEXT NOT NULL,
    PRIMARY KEY (workspace, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversion (
    workspace       INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    event_id        TEXT NOT NULL,
    origin          TEXT NOT NULL,
    deal            TEXT NOT NULL,
    event           TEXT NOT NULL,
    state           TEXT NOT NULL,
    reason          TEXT,
    deadline_ms     INTEGER,
    record          TEXT NOT NULL,  -- the conversion as JSON, without its body
    body            BLOB,           -- the event as Meta gets it
    reply           TEXT,
    attempts        INTEGER NOT NULL DEFAULT 0,
    may_count_twice INTEGER NOT NULL DEFAULT 0,
    settled_ms      INTEGER,
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;
-- One thing never has two conversions: this constraint is what says so.
CREATE UNIQUE INDEX conversion_event ON conversion (workspace, event_id);
CREATE INDEX conversion_deal ON conversion (workspace, origin, deal);
CREATE INDEX conversion_deadline ON conversion (workspace, deadline_ms) WHERE deadline_ms IS NOT NULL;
CREATE INDEX conversion_state ON conversion (workspace, event, state);

-- The queue: narrow rows, deleted when settled.
CREATE TABLE due (
    workspace INTEGER NOT NULL,
    dataset   TEXT NOT NULL,
    due_ms    INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    tries     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace, dataset, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_order ON due (workspace, dataset, due_ms, number);

-- Attempts that have left and were not answered yet.
CREATE TABLE attempt (
    workspace INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    dataset   TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt_member (
    workspace INTEGER NOT NULL,
    attempt   INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    PRIMARY KEY (workspace, attempt, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE pause (
    workspace INTEGER NOT NULL,
    dataset   TEXT NOT NULL,
    until_ms  INTEGER NOT NULL,
    needs_you INTEGER NOT NULL,
    cause     TEXT NOT NULL,
    since_ms  INTEGER NOT NULL,
    code      TEXT NOT NULL,
    PRIMARY KEY (workspace, dataset)
) STRICT, WITHOUT ROWID;

CREATE TABLE ask (
    workspace  INTEGER NOT NULL,
    question   TEXT NOT NULL,  -- its key
    origin     TEXT NOT NULL,
    asked      TEXT NOT NULL,  -- the question as JSON
    upto       INTEGER NOT NULL,
    due_ms     INTEGER NOT NULL,
    since_ms   INTEGER NOT NULL,  -- when it was first asked
    tries      INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    PRIMARY KEY (workspace, question)
) STRICT, WITHOUT ROWID;
CREATE INDEX ask_due ON ask (workspace, origin, due_ms);

CREATE TABLE unreadable (
    workspace   INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    source      TEXT NOT NULL,
    shape       TEXT NOT NULL,
    body        BLOB NOT NULL,
    PRIMARY KEY (workspace, received_ms, number)
) STRICT, WITHOUT ROWID;

-- The ledger.
CREATE TABLE counter (
    workspace INTEGER NOT NULL,
    name      TEXT NOT NULL,
    n         INTEGER NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;
