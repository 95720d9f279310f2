-- What the screens add. `stated` is what an operator said of a call, during it or after its end; the last word counts.
CREATE TABLE stated (
    call_id      TEXT PRIMARY KEY,
    at           BIGINT NOT NULL,
    who          TEXT NOT NULL,
    outcome      TEXT NOT NULL CHECK (outcome IN ('on_spot', 'bridged', 'handed_over', 'case_opened', 'emergency', 'invalid')),
    case_no      TEXT,
    service_code TEXT,
    note         BLOB
);

-- Desks that said themselves that they are shut for now. No reference to `desk`: a configuration may be taken in later.
CREATE TABLE desk_closed (
    desk_no TEXT PRIMARY KEY CHECK (length(desk_no) = 3),
    until   BIGINT NOT NULL,
    reason  TEXT NOT NULL,
    who     TEXT NOT NULL,
    at      BIGINT NOT NULL
);

-- When a phone of a desk was registered last.
CREATE TABLE desk_seen (
    desk_no TEXT PRIMARY KEY CHECK (length(desk_no) = 3),
    at      BIGINT NOT NULL
);
