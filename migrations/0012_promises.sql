-- The promise clock. `fact` is the truth: append-only, and the facts of an owner, in the order of `no`, rebuild it. Tasks are
-- leased. Everything else here and in `cases` is drawn from the facts in the same transaction, so that screens, figures and
-- exports need one query each; Store::verify draws it again and compares.
--
-- `owner` is as promise::Of writes it: case/HEX, callback/HEX, ledger/HEX, notice/YYYY-MM/UNIT, reach/YYYY-MM/UNIT.

CREATE TABLE fact (
    owner TEXT NOT NULL,
    no    BIGINT NOT NULL CHECK (no > 0),
    at    BIGINT NOT NULL,
    -- An account, a staff number, or 'house'.
    who   TEXT NOT NULL,
    kind  TEXT NOT NULL,
    what  TEXT NOT NULL,
    -- The request that brought it, on the first fact of its step: asked twice, it is done once.
    request_key TEXT,
    PRIMARY KEY (owner, no)
);
CREATE INDEX fact_by_time ON fact (at);
CREATE UNIQUE INDEX fact_by_request ON fact (request_key) WHERE request_key IS NOT NULL;

-- `key` is as promise::Key writes it. A task is one try; what failed for technical reasons is planned again.
CREATE TABLE task (
    key         TEXT PRIMARY KEY,
    owner       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    due_at      BIGINT NOT NULL,
    place       BIGINT NOT NULL,
    urgent      BOOLEAN NOT NULL,
    daytime     BOOLEAN NOT NULL,
    -- Whoever must not be called twice at once.
    lane        TEXT,
    until_at    BIGINT,
    state       TEXT NOT NULL CHECK (state IN ('planned', 'running', 'done', 'human', 'cancelled', 'expired')),
    attempt     BIGINT NOT NULL,
    lease_by    TEXT,
    lease_until BIGINT NOT NULL,
    started_at  BIGINT,
    lag_ms      BIGINT,
    ended_at    BIGINT,
    last_error  TEXT,
    -- The call that is made for it, written before it is placed.
    call_id     TEXT,
    -- When the owner of one that failed too often was told so.
    told_at     BIGINT
);
CREATE INDEX task_planned ON task (urgent DESC, place, key) WHERE state = 'planned';
CREATE INDEX task_due ON task (due_at) WHERE state = 'planned';
CREATE INDEX task_running ON task (lease_until) WHERE state = 'running';
CREATE UNIQUE INDEX task_lane ON task (lane) WHERE state = 'running' AND lane IS NOT NULL;
CREATE INDEX task_by_owner ON task (owner, kind);
CREATE INDEX task_untold ON task (ended_at) WHERE state = 'human' AND told_at IS NULL;
CREATE INDEX task_by_call ON task (call_id) WHERE call_id IS NOT NULL;

-- Each promise and how it ended; `rev` is promise::Vow::rev. `unit_code`, `track`: whose it was then.
CREATE TABLE promise (
    owner       TEXT NOT NULL,
    rev         BIGINT NOT NULL,
    what        TEXT NOT NULL CHECK (what IN ('handover', 'callback', 'check', 'echo1', 'work', 'echo2', 'echo3', 'urgent',
                    'missed_call')),
    unit_code   TEXT,
    round       BIGINT NOT NULL,
    from_at     BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    provisional BOOLEAN NOT NULL,
    ended_at    BIGINT,
    ending      TEXT CHECK (ending IN ('kept', 'missed', 'void')),
    why         TEXT,
    proof       TEXT CHECK (proof IN ('claimed', 'proven')),
    call_id     TEXT,
    late_at     BIGINT,
    disputed    BOOLEAN NOT NULL,
    PRIMARY KEY (owner, rev)
);
CREATE INDEX promise_open ON promise (what, due_at) WHERE ended_at IS NULL;
CREATE INDEX promise_ended ON promise (ended_at, what, ending) WHERE ended_at IS NOT NULL;
CREATE INDEX promise_by_unit ON promise (unit_code, what, from_at);

-- One row for each time a unit was named; `no` counts them within the case.
CREATE TABLE handover (
    case_id       TEXT NOT NULL,
    no            BIGINT NOT NULL,
    unit_code     TEXT NOT NULL,
    round         BIGINT NOT NULL,
    planned_at    BIGINT NOT NULL,
    made_at       BIGINT,
    received_by   TEXT,
    received_at   BIGINT,
    channel       TEXT CHECK (channel IN ('keys', 'operator')),
    refused_at    BIGINT,
    refuse_reason TEXT,
    reassigned_to TEXT,
    due_at        BIGINT,
    PRIMARY KEY (case_id, no)
);
CREATE INDEX handover_by_unit ON handover (unit_code, planned_at);
CREATE INDEX handover_by_time ON handover (planned_at);

CREATE TABLE echo (
    case_id      TEXT NOT NULL,
    round        BIGINT NOT NULL,
    no           BIGINT NOT NULL CHECK (no BETWEEN 1 AND 3),
    due_at       BIGINT NOT NULL,
    at           BIGINT,
    method       TEXT CHECK (method IN ('phone', 'face', 'written')),
    told_by      TEXT,
    promised_due BIGINT,
    proof        TEXT CHECK (proof IN ('claimed', 'proven')),
    call_id      TEXT,
    PRIMARY KEY (case_id, round, no)
);

CREATE TABLE extension (
    case_id       TEXT NOT NULL,
    no            BIGINT NOT NULL,
    round         BIGINT NOT NULL,
    asked_at      BIGINT NOT NULL,
    days          BIGINT NOT NULL,
    reason        TEXT NOT NULL,
    answered_at   BIGINT,
    granted       BIGINT,
    answer_reason TEXT,
    PRIMARY KEY (case_id, no)
);

-- What people are told (promise::News): lines of a screen, until somebody has seen to them.
CREATE TABLE escalation (
    id      TEXT PRIMARY KEY,
    owner   TEXT NOT NULL,
    at      BIGINT NOT NULL,
    reader  TEXT NOT NULL CHECK (reader IN ('lead', 'unit', 'joint_meeting', 'owner')),
    news    TEXT NOT NULL,
    unit_code TEXT,
    seen_at BIGINT,
    seen_by TEXT
);
CREATE INDEX escalation_open ON escalation (reader, unit_code, at) WHERE seen_at IS NULL;
CREATE INDEX escalation_by_owner ON escalation (owner, at);

-- What a person must go on with: asked about by a person instead of our calls.
CREATE TABLE person_asks (
    owner   TEXT NOT NULL,
    what    TEXT NOT NULL,
    since   BIGINT NOT NULL,
    done_at BIGINT,
    PRIMARY KEY (owner, what, since)
);
CREATE INDEX person_asks_open ON person_asks (since) WHERE done_at IS NULL;

CREATE TABLE ledger_item (
    id        TEXT PRIMARY KEY,
    case_id   TEXT,
    owner     TEXT NOT NULL,
    title     TEXT NOT NULL,
    why       TEXT NOT NULL,
    listed_at BIGINT NOT NULL,
    listed_by TEXT NOT NULL,
    review_at BIGINT NOT NULL,
    reviews   BIGINT NOT NULL,
    struck_at BIGINT,
    struck_by TEXT,
    struck_why TEXT
);
CREATE INDEX ledger_open ON ledger_item (review_at) WHERE struck_at IS NULL;

-- `month` (YYYY-MM) is the one that the notice is about. `figures` is what was counted when it was made (JSON); the texts are
-- a person's.
CREATE TABLE monthly_notice (
    month     TEXT NOT NULL,
    unit_code TEXT NOT NULL,
    stage     TEXT NOT NULL CHECK (stage IN ('planned', 'draft', 'signed', 'sent')),
    made_at   BIGINT,
    figures   TEXT,
    work      TEXT NOT NULL,
    problems  TEXT NOT NULL,
    advice    TEXT NOT NULL,
    edited_by TEXT,
    edited_at BIGINT,
    signed_by TEXT,
    signed_at BIGINT,
    sent_by   TEXT,
    sent_at   BIGINT,
    PRIMARY KEY (month, unit_code)
);

-- What the promises make of a case beside its older columns. `extension_days`: asked and not decided about.
ALTER TABLE cases ADD COLUMN supervised BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE cases ADD COLUMN blocked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE cases ADD COLUMN extension_days BIGINT;
ALTER TABLE cases ADD COLUMN check_by TEXT NOT NULL DEFAULT 'nobody' CHECK (check_by IN ('nobody', 'calls', 'person'));
ALTER TABLE cases ADD COLUMN echo3_by TEXT NOT NULL DEFAULT 'nobody' CHECK (echo3_by IN ('nobody', 'calls', 'person'));
CREATE INDEX cases_unclosed ON cases (id) WHERE closed_at IS NULL;
-- Pages of a list, newest first: the older indexes on these lead to a moment, not to an id.
CREATE INDEX cases_of_state ON cases (state, id);
CREATE INDEX cases_of_unit ON cases (unit_code, id);

-- When the citizen said it, and whose work it was; ratings after a call have their call's time.
ALTER TABLE followup ADD COLUMN at BIGINT;
ALTER TABLE followup ADD COLUMN unit_code TEXT;
CREATE INDEX followup_by_case ON followup (case_id, at) WHERE case_id IS NOT NULL;
CREATE INDEX followup_bad ON followup (at) WHERE score <= 2 AND at IS NOT NULL;

-- What the published figures of promises are made of, counted as it is written, so that a month is some thousand rows whatever the size of
-- the store. `day`: days since 1970-01-01 in Asia/Shanghai. `unit_code`: the unit's, and '' for all together.
CREATE TABLE day_count (
    day       BIGINT NOT NULL,
    unit_code TEXT NOT NULL,
    what      TEXT NOT NULL,
    count     BIGINT NOT NULL,
    PRIMARY KEY (unit_code, day, what)
);

-- Call-backs: `callback` is how the debt came to be; these are how it goes.
ALTER TABLE callback ADD COLUMN state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'calls', 'person', 'joined', 'settled'));
-- The call whose call-back answers this one too.
ALTER TABLE callback ADD COLUMN joined_to TEXT;
CREATE INDEX callback_new ON callback (since) WHERE state = 'new';
CREATE INDEX callback_open ON callback (number_hash) WHERE state IN ('calls', 'person');

-- CloudEvents that wait for delivery, in the order in which they happened. `subject` is the call or the case.
CREATE TABLE outbox (
    pos     BIGINT PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    at      BIGINT NOT NULL,
    type    TEXT NOT NULL,
    subject TEXT NOT NULL,
    data    TEXT NOT NULL
);
CREATE INDEX outbox_by_time ON outbox (at);

-- How far each subscriber has come.
CREATE TABLE webhook (
    name       TEXT PRIMARY KEY,
    acked      BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    next_at    BIGINT NOT NULL,
    last_at    BIGINT,
    last_error TEXT,
    refused    BIGINT NOT NULL
);

-- Short messages to be handed to the gateway; number and text are sealed.
CREATE TABLE short_message (
    id       TEXT PRIMARY KEY,
    at       BIGINT NOT NULL,
    number   BLOB NOT NULL,
    text     BLOB NOT NULL,
    about    TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    tries    BIGINT NOT NULL,
    next_at  BIGINT NOT NULL,
    last_error TEXT
);
CREATE INDEX short_message_waiting ON short_message (next_at) WHERE state = 'waiting';

-- The promise clock looks for what operators said of cases that wait for their first step.
CREATE INDEX stated_by_case ON stated (case_no) WHERE case_no IS NOT NULL;
-- What the figures of calls are counted from: a day (as in `day_count`) that is over for good is counted once, when somebody asks
-- or nobody does. `unit_code` is a window's unit, and '' for the whole house; 'counted' says that the day is here.
CREATE TABLE call_day (
    unit_code TEXT NOT NULL,
    day       BIGINT NOT NULL,
    what      TEXT NOT NULL,
    count     BIGINT NOT NULL,
    PRIMARY KEY (unit_code, day, what)
);
-- What the calls of a day that still runs are counted from, without their rows: so the last two columns stand in it too.
CREATE INDEX call_over ON call (offered_at, operator_id, wait_ms, outcome, direction, ended_at) WHERE direction = 'in' AND ended_at IS NOT NULL;
-- Lists of what is open, and of all, newest first.
CREATE INDEX cases_open_by_unit ON cases (unit_code, id) WHERE closed_at IS NULL;
CREATE INDEX callback_by_time ON callback (since, because_of);
CREATE INDEX escalation_by_reader ON escalation (reader, id);
CREATE INDEX escalation_by_unit ON escalation (unit_code, id);
