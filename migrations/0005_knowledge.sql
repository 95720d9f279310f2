-- The information base. `id` is the row's number in the full-text index too. `identity` is by what an entry is known again
-- when a file is imported a second time; `title_key` is the folded title. `title_words` and `keyword_words` are the tokens
-- as the segmenter of the version in meta `knowledge_segmentation` cut them.
--
-- The index is FTS5, which SQLite alone has; PostgreSQL has tsvector columns over the same tokens instead. Tokens hold
-- letters and digits only, so that either cuts at the blanks and nowhere else.
CREATE TABLE knowledge (
    id            INTEGER PRIMARY KEY,
    identity      TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    title         TEXT NOT NULL,
    title_key     TEXT NOT NULL,
    title_words   TEXT NOT NULL,
    keywords      TEXT NOT NULL,
    keyword_words TEXT NOT NULL,
    body          TEXT NOT NULL,
    service_code  TEXT,
    source        TEXT NOT NULL,
    updated_at    BIGINT NOT NULL,
    updated_by    TEXT NOT NULL,
    opened        BIGINT NOT NULL DEFAULT 0,
    -- Written by the import of this number; an import that replaces removes what the one before has left.
    import_no     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX knowledge_by_title ON knowledge (title_key);
CREATE INDEX knowledge_by_service ON knowledge (service_code);
CREATE INDEX knowledge_by_opened ON knowledge (opened);

CREATE VIRTUAL TABLE knowledge_text USING fts5 (
    title, keywords, body,
    content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0"
);

CREATE TABLE synonym (
    group_no BIGINT NOT NULL,
    no       BIGINT NOT NULL,
    word     TEXT NOT NULL,
    PRIMARY KEY (group_no, no)
);

-- What was asked in vain; the rarest and oldest give way when it is full.
CREATE TABLE knowledge_miss (
    q       TEXT PRIMARY KEY,
    count   BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);

-- Counts every change, so that each process knows when what it holds in memory is out of date.
INSERT INTO meta (name, value) VALUES ('knowledge_revision', '0');

-- The case form: the service and the operator, and the key of the request that opened the case (asked twice, it is one
-- case). Names are sealed like numbers; beside them stands what may be shown.
ALTER TABLE cases ADD COLUMN service_code TEXT;
ALTER TABLE cases ADD COLUMN opened_by TEXT NOT NULL DEFAULT '';
ALTER TABLE cases ADD COLUMN request_key TEXT;
ALTER TABLE cases ADD COLUMN applicant_masked TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX cases_by_request ON cases (request_key);
CREATE INDEX cases_by_time ON cases (received_at, id);
CREATE INDEX cases_by_unit ON cases (unit_code, received_at, id);
CREATE INDEX cases_by_state ON cases (state, received_at, id);
CREATE INDEX call_by_case ON call (case_id);

ALTER TABLE case_log ADD COLUMN kind TEXT NOT NULL DEFAULT 'state';
ALTER TABLE case_log ADD COLUMN request_key TEXT;
CREATE UNIQUE INDEX case_log_by_request ON case_log (request_key);
