-- Every key starts with the workspace. Sealed are the columns `body`, `identity`, `reply`, `cause` and `why`;
-- `wrapped` are keys, `who` and `mark` are keyed hashes.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE workspace (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    fence  INTEGER NOT NULL DEFAULT 0,
    adopted TEXT                        -- what the last configuration said
) STRICT;

-- The keys of a workspace, wrapped by the data key. Without them nothing of it can be read or joined.
CREATE TABLE workspace_key (
    workspace INTEGER NOT NULL,
    id        INTEGER NOT NULL,
    purpose   TEXT NOT NULL,
    wrapped   BLOB NOT NULL,
    PRIMARY KEY (workspace, id)
) STRICT, WITHOUT ROWID;

-- The log. Rows are written once; of somebody who is erased the body is emptied.
CREATE TABLE fact (
    workspace   INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    source      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    body        BLOB NOT NULL,
    PRIMARY KEY (workspace, seq)
) STRICT, WITHOUT ROWID;

-- What is to be decided: whoever decides a fact deletes its row.
CREATE TABLE undecided (
    workspace INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
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

-- Facts that could not be read or applied, for people: their `fact_end` has the same outcome.
CREATE TABLE set_aside (
    workspace   INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    source      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    why         BLOB NOT NULL,
    PRIMARY KEY (workspace, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE deal (
    workspace INTEGER NOT NULL,
    origin    TEXT NOT NULL,
    id        TEXT NOT NULL,
    state     TEXT NOT NULL,
    PRIMARY KEY (workspace, origin, id)
) STRICT, WITHOUT ROWID;

-- Contacts with so many deals that they are looked at in steps: how far.
CREATE TABLE sweep (
    workspace INTEGER NOT NULL,
    contact   TEXT NOT NULL,
    asked_by  INTEGER NOT NULL,          -- the fact that asked for it
    again     INTEGER,                   -- the newest fact that has asked since
    origin    TEXT NOT NULL DEFAULT '',  -- the last deal that was looked at
    id        TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (workspace, contact)
) STRICT, WITHOUT ROWID;
CREATE INDEX sweep_order ON sweep (workspace, asked_by);

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
    seen_day  INTEGER NOT NULL,  -- when it was last read, days since 1970
    PRIMARY KEY (workspace, node)
) STRICT, WITHOUT ROWID;

-- Both directions of every link.
CREATE TABLE link (
    workspace INTEGER NOT NULL,
    a         TEXT NOT NULL,
    b         TEXT NOT NULL,
    seen_day  INTEGER NOT NULL,  -- when it was last told, days since 1970
    trust     INTEGER NOT NULL,  -- how far it can be believed: 3 at most
    since_s   INTEGER,           -- the earliest word for it; nothing where a contact names an identifier
    until_s   INTEGER,           -- until when whoever has `a` had `b`, where that ended
    PRIMARY KEY (workspace, a, b)
) STRICT, WITHOUT ROWID;

-- A contact and an identifier that it had once, in both directions.
CREATE TABLE former_link (
    workspace INTEGER NOT NULL,
    a         TEXT NOT NULL,
    b         TEXT NOT NULL,
    PRIMARY KEY (workspace, a, b)
) STRICT, WITHOUT ROWID;

-- Clicks in the order in which they came. Without a body it has expired: its ad and its time are left.
-- Of somebody who is erased nothing is left but the number.
CREATE TABLE click (
    workspace   INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    ad          TEXT,
    who         BLOB NOT NULL,  -- 16 bytes for each identifier of who clicked
    body        BLOB,
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;

-- The clicks of an identifier. Its rows are small, because they come in no order.
CREATE TABLE click_of (
    workspace INTEGER NOT NULL,
    who       BLOB NOT NULL,
    at_s      INTEGER NOT NULL,
    message   INTEGER NOT NULL,  -- a hash: the same message is the same click
    number    INTEGER NOT NULL,
    PRIMARY KEY (workspace, who, at_s DESC, message)  -- newest first, as they are read
) STRICT, WITHOUT ROWID;

-- How chats began, by one identifier of who wrote: 16 bytes, as those of clicks.
CREATE TABLE chat (
    workspace   INTEGER NOT NULL,
    who         BLOB NOT NULL,
    first_s     INTEGER NOT NULL,
    last_s INTEGER NOT NULL,
    began_plain INTEGER NOT NULL,  -- whether the first message was read and came from no ad
    withheld_s  INTEGER,           -- the first message that was withheld, with whatever ad it came from
    seen_day    INTEGER NOT NULL,  -- when it last changed, days since 1970
    PRIMARY KEY (workspace, who)
) STRICT, WITHOUT ROWID;

-- Accounts of which chats have come.
CREATE TABLE heard (
    workspace INTEGER NOT NULL,
    account   TEXT NOT NULL,
    since_s   INTEGER NOT NULL,
    PRIMARY KEY (workspace, account)
) STRICT, WITHOUT ROWID;

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
    cause           TEXT NOT NULL,  -- deal, contact or activity, with its system of record
    event           TEXT NOT NULL,
    name            TEXT NOT NULL,
    rule            TEXT NOT NULL,
    event_s         INTEGER NOT NULL,
    created_ms      INTEGER NOT NULL,
    state           TEXT NOT NULL,
    reason          TEXT,
    dataset         TEXT,
    route           TEXT NOT NULL,
    ad              TEXT,
    value           TEXT,           -- an exact decimal; nothing of an estimate, which is not added up
    currency        TEXT,
    deadline_ms     INTEGER,
    record          TEXT NOT NULL,  -- the conversion as JSON, without its identity
    identity        BLOB,
    reply           BLOB,
    attempts        INTEGER NOT NULL DEFAULT 0,  -- without those that `due` counts
    revision        INTEGER NOT NULL DEFAULT 0,  -- with which it comes into the queue
    unknown_ms      INTEGER,        -- when an attempt first ended without an answer: Meta may have it
    may_count_twice INTEGER NOT NULL DEFAULT 0,
    settled_ms      INTEGER,
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;
-- One thing never has two conversions: this constraint is what says so.
CREATE UNIQUE INDEX conversion_event ON conversion (workspace, event_id);
CREATE INDEX conversion_cause ON conversion (workspace, cause);
CREATE INDEX conversion_deadline ON conversion (workspace, deadline_ms)
    WHERE state = 'waiting' AND deadline_ms IS NOT NULL;
CREATE INDEX conversion_unreadable ON conversion (workspace, number)
    WHERE state = 'failed' AND reason = 'unreadable';

-- Conversions whose rows are gone, so that nothing is told twice: as long as what they come from is known.
CREATE TABLE told (
    workspace INTEGER NOT NULL,
    event_id  TEXT NOT NULL,
    state     TEXT NOT NULL,
    cause     TEXT NOT NULL,
    PRIMARY KEY (workspace, event_id)
) STRICT, WITHOUT ROWID;

-- The events as they left last, byte for byte, until they expire; and what they carried and left out.
CREATE TABLE sent_body (
    workspace INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    body      BLOB,
    carried   TEXT NOT NULL,
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;

-- How many conversions there are of each kind and what they are worth together, changed in the same
-- transactions; and, with the state `none`, the deals that fired a rule and made no event. No text is an empty one.
CREATE TABLE tally (
    workspace INTEGER NOT NULL,
    event     TEXT NOT NULL,
    state     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    currency  TEXT NOT NULL,
    rule      TEXT NOT NULL,
    n         INTEGER NOT NULL,
    amount    TEXT NOT NULL,  -- an exact decimal
    PRIMARY KEY (workspace, event, state, reason, currency, rule)
) STRICT, WITHOUT ROWID;

-- How conversions came to stand where they stand, for those who follow; rows that all have followed go.
CREATE TABLE outcome (
    workspace INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    was       TEXT,  -- where it was counted; nowhere when it was made
    now       TEXT NOT NULL,
    n         INTEGER NOT NULL,  -- how many have come to stand there alike, with their amount together
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;

-- Up to which outcome somebody has followed.
CREATE TABLE follower (
    workspace INTEGER NOT NULL,
    name      TEXT NOT NULL,
    upto      INTEGER NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;

-- Conversions by the time of their event: quarters of an hour (`zone` is empty), days of a zone. No text is
-- an empty one.
CREATE TABLE roll_up (
    workspace INTEGER NOT NULL,
    zone      TEXT NOT NULL,
    start_s   INTEGER NOT NULL,
    dataset   TEXT NOT NULL,
    name      TEXT NOT NULL,
    route     TEXT NOT NULL,
    source    TEXT NOT NULL,
    ad        TEXT NOT NULL,
    state     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    currency  TEXT NOT NULL,
    n         INTEGER NOT NULL,
    amount    INTEGER NOT NULL,  -- in the smallest unit of the currency
    PRIMARY KEY (workspace, zone, start_s, dataset, name, route, source, ad, state, reason, currency)
) STRICT, WITHOUT ROWID;

-- Which roll-ups are kept up: those that begin at `since_s` or later, with the events before `built_upto_s`.
CREATE TABLE roll_up_kept (
    workspace    INTEGER NOT NULL,
    zone         TEXT NOT NULL,
    since_s      INTEGER NOT NULL,
    built_upto_s INTEGER NOT NULL,
    PRIMARY KEY (workspace, zone)
) STRICT, WITHOUT ROWID;

-- The queue: narrow rows, deleted when settled.
CREATE TABLE due (
    workspace  INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    lane       TEXT NOT NULL,     -- dataset and route
    cause      TEXT NOT NULL,
    due_ms     INTEGER NOT NULL,
    event_s    INTEGER NOT NULL,
    revision   INTEGER NOT NULL DEFAULT 0,  -- rises with each change that decisions make
    tries      INTEGER NOT NULL DEFAULT 0,  -- attempts that count against the bound on tries
    attempts   INTEGER NOT NULL DEFAULT 0,
    attempt    INTEGER,           -- the attempt that holds it
    opened_ms  INTEGER,           -- when the last attempt left
    put_off_ms INTEGER,           -- when it was first put off
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_order ON due (workspace, lane, due_ms, number) WHERE attempt IS NULL;
-- What waits for something else than its event's own time.
CREATE INDEX due_held ON due (workspace, lane, due_ms, number)
    WHERE attempt IS NULL AND due_ms > event_s * 1000 + 300000;
CREATE INDEX due_attempt ON due (workspace, attempt) WHERE attempt IS NOT NULL;
CREATE INDEX due_cause ON due (workspace, cause, number);
CREATE INDEX due_put_off ON due (workspace, put_off_ms) WHERE put_off_ms IS NOT NULL;

-- What sites, apps and shops tell: narrow rows, numbered together with `conversion`.
CREATE TABLE activity (
    workspace       INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    received_ms     INTEGER NOT NULL,
    event_s         INTEGER NOT NULL,
    dataset         TEXT NOT NULL,
    origin          TEXT NOT NULL,
    name            TEXT NOT NULL,
    event_id        TEXT NOT NULL,
    state           TEXT NOT NULL,
    reason          TEXT,
    value           TEXT,           -- an exact decimal
    currency        TEXT,
    consent         INTEGER,
    action_source   TEXT NOT NULL,  -- where it happened
    envelope        TEXT NOT NULL,  -- the parameters of its request
    carried         TEXT NOT NULL,  -- which keys it carries and what was left out
    due_ms          INTEGER,        -- its place in `activity_due`, while it is there
    attempts        INTEGER NOT NULL DEFAULT 0,
    attempt         INTEGER,        -- the last one that held it
    may_count_twice INTEGER NOT NULL DEFAULT 0,
    settled_ms      INTEGER,
    unknown_ms      INTEGER,        -- since when Meta may have it: an attempt ended without an answer
    deadline_ms     INTEGER,        -- until when it waits
    further         TEXT,           -- JSON: what stops it, what would be refused, whether somebody let it go
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_deadline ON activity (workspace, deadline_ms)
    WHERE state = 'waiting' AND deadline_ms IS NOT NULL;
CREATE INDEX activity_unreadable ON activity (workspace, number)
    WHERE state = 'failed' AND reason = 'unreadable';

-- What Meta gets of them and by what their people are recognised: until it has been kept as long as what left.
CREATE TABLE activity_body (
    workspace INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;

-- Their queue: what an attempt holds is not in it. Whoever looks for what leaves looks at more than that, and reads
-- nothing but this.
CREATE TABLE activity_due (
    workspace       INTEGER NOT NULL,
    lane            TEXT NOT NULL,
    due_ms          INTEGER NOT NULL,
    number          INTEGER NOT NULL,
    tries           INTEGER NOT NULL,
    event_s         INTEGER NOT NULL,
    action_source   TEXT NOT NULL,
    envelope        TEXT NOT NULL,
    unknown_ms      INTEGER,  -- since when Meta may have it
    unknown_attempt INTEGER,  -- the attempt whose bytes go again
    PRIMARY KEY (workspace, lane, due_ms, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_due_unknown ON activity_due (workspace, unknown_attempt)
    WHERE unknown_attempt IS NOT NULL;

-- Their requests. One without an end is under way.
CREATE TABLE activity_attempt (
    workspace INTEGER NOT NULL,
    attempt   INTEGER NOT NULL,
    lane      TEXT NOT NULL,
    opened_ms INTEGER NOT NULL,
    ended_ms  INTEGER,
    reply     BLOB,
    PRIMARY KEY (workspace, attempt)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_attempt_open ON activity_attempt (workspace, attempt) WHERE ended_ms IS NULL;

-- The bytes that left in them. They stand apart, so that an end does not write them once more.
CREATE TABLE activity_sent (
    workspace INTEGER NOT NULL,
    attempt   INTEGER NOT NULL,
    members   TEXT NOT NULL,  -- each with its number, due_ms, tries, the length of its bytes, unknown_ms
    body      BLOB NOT NULL,
    PRIMARY KEY (workspace, attempt)
) STRICT, WITHOUT ROWID;

-- Identifiers that an activity names together, each by 16 bytes, in both directions.
CREATE TABLE identity_edge (
    workspace INTEGER NOT NULL,
    a         BLOB NOT NULL,
    b         BLOB NOT NULL,
    seen_day  INTEGER NOT NULL,  -- when it was last told, days since 1970
    trust     INTEGER NOT NULL,
    match_key BLOB,              -- what Meta can be told of `b`
    PRIMARY KEY (workspace, a, b)
) STRICT, WITHOUT ROWID;

-- By what they are recognised when they come again: the newest keys, as they came.
CREATE TABLE once_recent (
    workspace INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    key       BLOB NOT NULL,
    until_s   INTEGER NOT NULL,
    PRIMARY KEY (workspace, number, key)
) STRICT, WITHOUT ROWID;

-- The others, in the order of the keys: pages that are written once. Nobody reads one that no segment lists.
CREATE TABLE once_page (
    place     INTEGER PRIMARY KEY,  -- 2^20 times the segment, and which of its pages
    workspace INTEGER NOT NULL,
    keys      BLOB NOT NULL         -- 16 bytes, the number and the time of each
) STRICT;
CREATE INDEX once_page_of ON once_page (workspace);

CREATE TABLE once_segment (
    workspace INTEGER NOT NULL,
    segment   INTEGER NOT NULL UNIQUE,
    pages     INTEGER NOT NULL,
    until_s   INTEGER NOT NULL,     -- of its last key
    PRIMARY KEY (workspace, segment)
) STRICT, WITHOUT ROWID;

-- What was appended to purchases that came again and were worth something else by then, and what senders added
-- themselves.
CREATE TABLE appended_value (
    workspace     INTEGER NOT NULL,
    purchase      INTEGER NOT NULL,  -- the activity to which it is appended
    number        INTEGER NOT NULL,  -- the activity that appends
    event_s       INTEGER NOT NULL,
    value         TEXT,              -- what the purchase is worth by what its senders had said then, exact decimals
    net_revenue   TEXT,
    predicted_ltv TEXT,
    waits         INTEGER NOT NULL,  -- whether it waits until Meta has the purchase
    by_sender     INTEGER NOT NULL,  -- whether a sender added it itself: then no worth is known
    PRIMARY KEY (workspace, purchase, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX appended_value_number ON appended_value (workspace, number);
CREATE INDEX appended_value_waits ON appended_value (workspace, purchase) WHERE waits = 1;

-- Sales that were taken for others, since they had their numbers: one row a dataset.
CREATE TABLE number_again (
    workspace INTEGER NOT NULL,
    dataset   TEXT NOT NULL,
    sales     INTEGER NOT NULL,
    since_ms  INTEGER NOT NULL,
    last_ms   INTEGER NOT NULL,
    PRIMARY KEY (workspace, dataset)
) STRICT, WITHOUT ROWID;

-- Sales that files have told, by each identifier of who bought: a CRM may tell them as well.
CREATE TABLE imported_sale (
    workspace INTEGER NOT NULL,
    who       BLOB NOT NULL,     -- 16 bytes of an identifier
    from_s    INTEGER NOT NULL,  -- when its day begins
    value     TEXT NOT NULL,     -- an exact decimal
    currency  TEXT NOT NULL,
    to_s      INTEGER NOT NULL,  -- when its day ends
    PRIMARY KEY (workspace, who, from_s, value, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE pause (
    workspace INTEGER NOT NULL,
    scope     TEXT NOT NULL,
    dataset   TEXT NOT NULL,
    until_ms  INTEGER NOT NULL,
    needs_you INTEGER NOT NULL,
    cause     BLOB NOT NULL,
    since_ms  INTEGER NOT NULL,
    code      TEXT NOT NULL,
    PRIMARY KEY (workspace, scope)
) STRICT, WITHOUT ROWID;

-- What is to be looked at again, and how far that is.
CREATE TABLE revisit (
    workspace INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    plan      TEXT NOT NULL,
    place     TEXT NOT NULL,
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;

-- Rules that have made a conversion.
CREATE TABLE rule_matched (
    workspace INTEGER NOT NULL,
    rule      TEXT NOT NULL,
    PRIMARY KEY (workspace, rule)
) STRICT, WITHOUT ROWID;

-- Accounts of whose chats Meta has taken events, by dataset.
CREATE TABLE account_taken (
    workspace INTEGER NOT NULL,
    dataset   TEXT NOT NULL,
    account   TEXT NOT NULL,
    PRIMARY KEY (workspace, dataset, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE ask (
    workspace  INTEGER NOT NULL,
    question   TEXT NOT NULL,  -- its key
    origin     TEXT NOT NULL,
    kind       INTEGER NOT NULL,
    asked      TEXT NOT NULL,  -- the question as JSON
    upto       INTEGER NOT NULL,
    due_ms     INTEGER NOT NULL,
    since_ms   INTEGER NOT NULL,  -- when it was first asked
    tries      INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    PRIMARY KEY (workspace, question)
) STRICT, WITHOUT ROWID;
CREATE INDEX ask_due ON ask (workspace, origin, due_ms);
-- Thousands of one kind that are due do not hide those of another.
CREATE INDEX ask_kind_due ON ask (workspace, origin, kind, due_ms);
CREATE INDEX ask_failed ON ask (workspace, origin, last_error) WHERE last_error IS NOT NULL;

-- Access tokens that change with use, by system of record. Body: as whoever asks keeps it.
CREATE TABLE token (
    workspace INTEGER NOT NULL,
    origin    TEXT NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (workspace, origin)
) STRICT, WITHOUT ROWID;

-- API keys, by which programs call. Of each only the SHA-256 of its 256 random bits.
CREATE TABLE api_key (
    workspace  INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    name       TEXT NOT NULL,     -- unique among those that hold
    hash       BLOB NOT NULL,
    scopes     TEXT NOT NULL,     -- with commas between them
    consent    TEXT,              -- of a key for events: sender, or field: and a name
    strict     INTEGER NOT NULL,  -- whether one bad event refuses its request
    created_ms INTEGER NOT NULL,
    revoked_ms INTEGER,           -- it holds until then
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;

-- How far the audit log of a system of record was read, Unix seconds, and from when it is read once more.
CREATE TABLE audit_place (
    workspace INTEGER NOT NULL,
    origin    TEXT NOT NULL,
    upto_s    INTEGER NOT NULL,
    again_s   INTEGER,
    PRIMARY KEY (workspace, origin)
) STRICT, WITHOUT ROWID;

-- Bodies that were not understood. The bodies stand apart, so that looking at the rest reads none.
CREATE TABLE unreadable (
    workspace   INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    source      TEXT NOT NULL,
    skeleton    TEXT NOT NULL,
    bytes       INTEGER NOT NULL,  -- of the body, 0 if it is not kept
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE unreadable_body (
    workspace INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;

-- The sums of `unreadable`.
CREATE TABLE unreadable_kept (
    workspace INTEGER PRIMARY KEY,
    n         INTEGER NOT NULL,
    bytes     INTEGER NOT NULL
) STRICT;

-- The ledger.
CREATE TABLE counter (
    workspace INTEGER NOT NULL,
    name      TEXT NOT NULL,
    n         INTEGER NOT NULL,
    PRIMARY KEY (workspace, name)
) STRICT, WITHOUT ROWID;

-- How far what has expired is deleted, by kind.
CREATE TABLE retention (
    workspace INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    place     TEXT NOT NULL,
    PRIMARY KEY (workspace, kind)
) STRICT, WITHOUT ROWID;

-- Whom nobody learns anew.
CREATE TABLE erased (
    workspace INTEGER NOT NULL,
    mark      BLOB NOT NULL,
    erasure   INTEGER NOT NULL,
    PRIMARY KEY (workspace, mark)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasure (
    workspace INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    at_ms     INTEGER NOT NULL,
    place     TEXT,  -- how far it is; nothing when it is done
    PRIMARY KEY (workspace, number)
) STRICT, WITHOUT ROWID;
