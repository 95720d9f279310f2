-- What of each node's local journal is in here: the cursor moves in the transaction that brings the records.
CREATE TABLE journal_cursor (
    -- The journal's generation, 32 hex digits: a new folder is a new one.
    generation TEXT NOT NULL PRIMARY KEY,
    -- The number of the last frame that is in here.
    through BIGINT NOT NULL
);

-- Records that the schema refused, or that this program can't read: kept as they were, for whoever mends it.
CREATE TABLE journal_aside (
    generation TEXT NOT NULL,
    seq BIGINT NOT NULL,
    -- Kind and version of the frame.
    kind BIGINT NOT NULL,
    version BIGINT NOT NULL,
    -- The frame as it is in the journal, sealed, hex.
    payload TEXT NOT NULL,
    -- Why, in words without numbers of citizens.
    why TEXT NOT NULL,
    PRIMARY KEY (generation, seq)
);
