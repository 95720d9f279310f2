-- The case store. Times are UTC milliseconds, spans milliseconds, hashes hex. Names are those of the specification, except
-- where both databases reserve the word: `cases` (case), `callback.purpose` (for), `hunt_order` (order).
--
-- SQLite and PostgreSQL read this alike but for one word: BLOB is BYTEA there.
--
-- Rows of a call do not refer to `call` by a foreign key: a record is never refused because another one is missing.
-- Store::verify looks for such rows instead. Words of closed lists are checked here; causes and kinds of events are open
-- lists that grow with the program.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE call (
    id               TEXT PRIMARY KEY,
    node             TEXT NOT NULL,
    direction        TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    did              TEXT NOT NULL,
    trunk            TEXT,
    phone            TEXT,
    sip_call_id      TEXT NOT NULL,
    session_id       TEXT,
    caller_e164      BLOB,
    caller_raw       BLOB,
    caller_hash      TEXT,
    caller_masked    TEXT NOT NULL,
    cli_withheld     BOOLEAN NOT NULL,
    lang             TEXT NOT NULL CHECK (lang IN ('zh-CN', 'en')),
    profile          TEXT NOT NULL,
    config_version   TEXT NOT NULL,
    offered_at       BIGINT NOT NULL,
    answered_at      BIGINT,
    ended_at         BIGINT,
    notice_played_at BIGINT,
    wait_ms          BIGINT NOT NULL CHECK (wait_ms >= 0),
    queue_ms         BIGINT NOT NULL CHECK (queue_ms >= 0),
    duration_ms      BIGINT NOT NULL CHECK (duration_ms >= 0),
    billsec_ms       BIGINT NOT NULL CHECK (billsec_ms >= 0),
    operator_id      TEXT,
    outcome          TEXT CHECK (outcome IN ('on_spot', 'bridged', 'handed_over', 'case_opened', 'voicemail',
                                             'abandoned', 'emergency', 'invalid', 'interrupted')),
    kb_first_hit_at  BIGINT,
    ended_by         TEXT CHECK (ended_by IN ('citizen', 'operator', 'callee', 'house', 'network')),
    cause            TEXT,
    sip_status       BIGINT,
    q850_cause       BIGINT,
    case_id          TEXT,
    parent_call_id   TEXT,
    urgent           BOOLEAN NOT NULL,
    -- What is over has an outcome, and what has an outcome is over.
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX call_by_time ON call (offered_at);
CREATE INDEX call_by_caller ON call (caller_hash, id);
CREATE INDEX call_by_operator ON call (operator_id, id);
CREATE INDEX call_by_outcome ON call (outcome, id);
CREATE INDEX call_open ON call (node, id) WHERE ended_at IS NULL;

CREATE TABLE leg (
    call_id      TEXT NOT NULL,
    id           BIGINT NOT NULL,
    seat         TEXT NOT NULL CHECK (seat IN ('citizen', 'operator', 'desk', 'liaison', 'supervisor', 'emergency')),
    party_ref    TEXT NOT NULL,
    uri_masked   TEXT NOT NULL,
    invited_at   BIGINT NOT NULL,
    ringing_at   BIGINT,
    answered_at  BIGINT,
    joined_at    BIGINT,
    left_at      BIGINT,
    result       TEXT,
    ended_by     TEXT CHECK (ended_by IN ('citizen', 'operator', 'callee', 'house', 'network')),
    sip_status   BIGINT,
    q850_cause   BIGINT,
    attempt      BIGINT NOT NULL,
    codec        TEXT NOT NULL,
    dtmf_mode    TEXT,
    mos          DOUBLE PRECISION,
    loss_ratio   DOUBLE PRECISION,
    jitter_ms    DOUBLE PRECISION,
    hold_ms      BIGINT NOT NULL CHECK (hold_ms >= 0),
    PRIMARY KEY (call_id, id)
);
CREATE INDEX leg_by_party ON leg (seat, party_ref, call_id);

-- Append-only. `pos` counts the events of a node in the order in which they were written; each hash covers the event
-- and the hash before it, so that a changed or missing row breaks the chain.
CREATE TABLE event (
    call_id    TEXT NOT NULL,
    seq        BIGINT NOT NULL CHECK (seq > 0),
    at         BIGINT NOT NULL,
    mono_ms    BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    leg_id     BIGINT,
    actor      TEXT NOT NULL,
    ended_by   TEXT CHECK (ended_by IN ('citizen', 'operator', 'callee', 'house', 'network')),
    cause      TEXT,
    sip_status BIGINT,
    q850_cause BIGINT,
    detail     TEXT NOT NULL,
    node       TEXT NOT NULL,
    pos        BIGINT NOT NULL,
    prev_hash  TEXT NOT NULL,
    hash       TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
);
CREATE UNIQUE INDEX event_chain ON event (node, pos);
CREATE UNIQUE INDEX event_final ON event (call_id) WHERE kind IN ('call.ended', 'call.abandoned');

CREATE TABLE recording (
    call_id      TEXT NOT NULL,
    no           BIGINT NOT NULL CHECK (no > 0),
    leg_id       BIGINT,
    kind         TEXT NOT NULL CHECK (kind IN ('mix', 'leg', 'private', 'voicemail')),
    path         TEXT NOT NULL,
    codec        TEXT NOT NULL,
    started_at   BIGINT NOT NULL,
    duration_ms  BIGINT,
    bytes        BIGINT,
    sha256       TEXT,
    key_id       TEXT,
    retain_until BIGINT,
    legal_hold   BOOLEAN NOT NULL,
    purged_at    BIGINT,
    PRIMARY KEY (call_id, no),
    UNIQUE (call_id, path)
);

CREATE TABLE recording_access (
    id           TEXT PRIMARY KEY,
    call_id      TEXT NOT NULL,
    recording_no BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    who          TEXT NOT NULL,
    why          TEXT NOT NULL
);
CREATE INDEX recording_access_by_call ON recording_access (call_id, recording_no, at);

CREATE TABLE cases (
    id                   TEXT PRIMARY KEY,
    no                   TEXT NOT NULL UNIQUE CHECK (length(no) = 12),
    query_code_hash      TEXT,
    call_id              TEXT,
    source               TEXT NOT NULL CHECK (source IN ('phone', 'voicemail', 'web')),
    kind                 TEXT NOT NULL CHECK (kind IN ('enquiry', 'request', 'complaint', 'report', 'suggestion', 'praise')),
    track                TEXT NOT NULL CHECK (track IN ('reply', 'case')),
    category_code        TEXT,
    title                TEXT,
    content              TEXT,
    place                TEXT,
    lat                  DOUBLE PRECISION,
    lon                  DOUBLE PRECISION,
    applicant_name       BLOB,
    applicant_phone      BLOB,
    applicant_phone_hash TEXT,
    confidential         BOOLEAN NOT NULL,
    anonymous            BOOLEAN NOT NULL,
    urgent               BOOLEAN NOT NULL,
    state                TEXT NOT NULL CHECK (state IN ('received', 'settled_on_spot', 'settled_three_way', 'handed_over',
                             'accepted', 'returned', 'reassigned', 'in_progress', 'extension_asked', 'reported', 'checking',
                             'followed_up', 'archived', 'redo', 'joint_meeting')),
    unit_code            TEXT,
    round                BIGINT NOT NULL,
    received_at          BIGINT NOT NULL,
    due_at               BIGINT,
    due_provisional      BOOLEAN NOT NULL,
    extended             BOOLEAN NOT NULL,
    closed_at            BIGINT,
    merged_into          TEXT,
    repeat_of            TEXT
);
-- A call's voice message is one case, however often it is asked for.
CREATE UNIQUE INDEX cases_voicemail ON cases (call_id) WHERE source = 'voicemail';
CREATE INDEX cases_by_phone ON cases (applicant_phone_hash);

-- The last serial of each day (YYMMDD in Asia/Shanghai).
CREATE TABLE case_serial (
    day  TEXT PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE case_log (
    case_id TEXT NOT NULL,
    no      BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    who     TEXT NOT NULL,
    what    TEXT NOT NULL,
    PRIMARY KEY (case_id, no)
);

-- Wrong query codes of a caller (by the hash of the number, or by call when it is withheld) on a day.
CREATE TABLE wrong_code (
    who   TEXT NOT NULL,
    day   TEXT NOT NULL,
    tries BIGINT NOT NULL,
    PRIMARY KEY (who, day)
);

CREATE TABLE callback (
    because_of       TEXT NOT NULL,
    why              TEXT NOT NULL CHECK (why IN ('missed', 'asked', 'cut_off')),
    purpose          TEXT NOT NULL CHECK (purpose IN ('handover', 'missed_call', 'queue')),
    number           BLOB NOT NULL,
    number_hash      TEXT NOT NULL,
    number_masked    TEXT NOT NULL,
    since            BIGINT NOT NULL,
    due_at           BIGINT NOT NULL,
    attempts         BIGINT NOT NULL,
    connected_at     BIGINT,
    call_id          TEXT,
    proof            TEXT CHECK (proof IN ('claimed', 'proven')),
    missed           BOOLEAN NOT NULL,
    escalation_level BIGINT NOT NULL,
    PRIMARY KEY (because_of, why)
);
CREATE INDEX callback_due ON callback (due_at) WHERE connected_at IS NULL;
CREATE INDEX callback_by_number ON callback (number_hash);

-- Ratings after a call are those of kind `post_call`.
CREATE TABLE followup (
    id           TEXT PRIMARY KEY,
    case_id      TEXT,
    call_id      TEXT,
    kind         TEXT NOT NULL CHECK (kind IN ('post_call', 'reply_1h', 'echo3', 'desk')),
    score        BIGINT CHECK (score BETWEEN 1 AND 5),
    q1           BIGINT,
    q2           BIGINT,
    q3           BIGINT,
    reasons      TEXT,
    voice_note   TEXT,
    source       TEXT NOT NULL CHECK (source IN ('dtmf', 'operator')),
    round        BIGINT NOT NULL,
    tries        BIGINT NOT NULL,
    operator_id  TEXT,
    desk_no      TEXT,
    service_code TEXT
);
CREATE UNIQUE INDEX followup_post_call ON followup (call_id) WHERE kind = 'post_call';

CREATE TABLE config_version (
    id      BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    author  TEXT NOT NULL,
    comment TEXT NOT NULL,
    files   TEXT NOT NULL,
    hash    TEXT NOT NULL
);

-- The configuration's people and places, as of `config_version`. What a later version no longer has stays, with the
-- version that it went with in `gone_with`, so that old calls can still be read.
CREATE TABLE unit (
    code           TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('department', 'agency')),
    config_version BIGINT NOT NULL,
    gone_with      BIGINT
);

-- The chain of contacts: liaison first, then deputy leader, then leader.
CREATE TABLE unit_contact (
    unit_code  TEXT NOT NULL REFERENCES unit (code),
    hunt_order BIGINT NOT NULL,
    staff_no   TEXT NOT NULL,
    device     TEXT,
    number     BLOB,
    PRIMARY KEY (unit_code, hunt_order)
);

CREATE TABLE desk (
    no             TEXT PRIMARY KEY CHECK (length(no) = 3),
    name           TEXT NOT NULL,
    unit_code      TEXT NOT NULL REFERENCES unit (code),
    hunt           TEXT NOT NULL CHECK (hunt IN ('sequential', 'all', 'longest_idle')),
    straight       BOOLEAN NOT NULL,
    config_version BIGINT NOT NULL,
    gone_with      BIGINT
);

CREATE TABLE desk_member (
    desk_no    TEXT NOT NULL REFERENCES desk (no),
    hunt_order BIGINT NOT NULL,
    staff_no   TEXT NOT NULL,
    device     TEXT,
    number     BLOB,
    PRIMARY KEY (desk_no, hunt_order)
);

CREATE TABLE staff (
    no             TEXT PRIMARY KEY,
    unit_code      TEXT REFERENCES unit (code),
    role           TEXT NOT NULL CHECK (role IN ('operator', 'desk', 'liaison', 'lead')),
    skills         TEXT NOT NULL,
    device         TEXT,
    number         BLOB,
    config_version BIGINT NOT NULL,
    gone_with      BIGINT
);

CREATE TABLE service (
    code           TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    config_version BIGINT NOT NULL,
    gone_with      BIGINT
);

CREATE TABLE service_desk (
    service_code TEXT NOT NULL REFERENCES service (code),
    hunt_order   BIGINT NOT NULL,
    desk_no      TEXT NOT NULL REFERENCES desk (no),
    PRIMARY KEY (service_code, hunt_order)
);
