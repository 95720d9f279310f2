-- What protects personal data: the data keys that seal values, what is left of those that were destroyed, and legal holds.

-- One for each class and month (or hold), wrapped by the master key: `line` as vault::Wrapped writes it.
CREATE TABLE data_key (
    id         TEXT PRIMARY KEY,
    class      TEXT NOT NULL,
    scope      TEXT NOT NULL,
    generation BIGINT NOT NULL,
    line       TEXT NOT NULL,
    made_at    BIGINT NOT NULL,
    UNIQUE (class, scope, generation)
);

-- The proof that a data key was destroyed, each chained to the one before as vault::Tombstone has it.
CREATE TABLE key_tombstone (
    no          BIGINT PRIMARY KEY,
    key_id      TEXT NOT NULL UNIQUE,
    class       TEXT NOT NULL,
    scope       TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    at          BIGINT NOT NULL,
    who         TEXT NOT NULL,
    why         TEXT NOT NULL,
    sealed      BIGINT NOT NULL,
    prev_hash   TEXT NOT NULL,
    hash        TEXT NOT NULL
);

-- What must not be erased while this holds. `target`: the id of a call or of a case's row.
CREATE TABLE legal_hold (
    no          BIGINT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('call', 'case')),
    target      TEXT NOT NULL,
    why         TEXT NOT NULL,
    who         TEXT NOT NULL,
    at          BIGINT NOT NULL,
    released_at BIGINT,
    released_by TEXT
);
CREATE UNIQUE INDEX legal_hold_open ON legal_hold (kind, target) WHERE released_at IS NULL;

-- What cases say, sealed. The columns without seal hold what was written before there were data keys.
ALTER TABLE cases ADD COLUMN content_sealed BLOB;
ALTER TABLE cases ADD COLUMN place_sealed BLOB;
ALTER TABLE case_log ADD COLUMN what_sealed BLOB;
