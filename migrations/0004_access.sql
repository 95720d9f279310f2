-- Who may sign in, who is signed in, and who did what. Words of closed lists are checked here.

-- `shown` is the name that screens show, sealed as numbers are. `factor` is the secret of the second factor, sealed;
-- `factor_step` the last step of it that was used: no code is good twice.
CREATE TABLE account (
    name         TEXT PRIMARY KEY,
    shown        BLOB NOT NULL,
    role         TEXT NOT NULL CHECK (role IN ('operator', 'desk', 'supervisor', 'auditor', 'admin')),
    staff_no     TEXT,
    password     TEXT NOT NULL,
    password_at  BIGINT NOT NULL,
    factor       BLOB,
    factor_step  BIGINT,
    locked       BOOLEAN NOT NULL,
    made_at      BIGINT NOT NULL,
    signed_in_at BIGINT
);

-- Sessions, by the SHA-256 of a token that only the browser has.
CREATE TABLE sitting (
    token_hash TEXT PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    begun_at   BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX sitting_by_account ON sitting (account);

-- Append-only. `pos` counts the lines of a node; each hash covers the line and the hash before it, as those of `event`.
-- No line holds personal data: accounts, ids and words of the program only, and the reasons that people give.
CREATE TABLE audit (
    id        TEXT PRIMARY KEY,
    at        BIGINT NOT NULL,
    who       TEXT NOT NULL,
    role      TEXT NOT NULL,
    what      TEXT NOT NULL,
    target    TEXT NOT NULL,
    source    TEXT NOT NULL,
    detail    TEXT NOT NULL,
    node      TEXT NOT NULL,
    pos       BIGINT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL
);
CREATE UNIQUE INDEX audit_chain ON audit (node, pos);
CREATE INDEX audit_by_who ON audit (who, id);
CREATE INDEX audit_by_what ON audit (what, id);
