-- The texts of each version of the configuration, so that versions can be compared and brought back. Sealed, for numbers of staff
-- stand in them; a text that several versions share is kept once, by its hash.
CREATE TABLE config_text (
    sha256 TEXT PRIMARY KEY,
    text   BLOB NOT NULL
);

CREATE TABLE config_file (
    version_id BIGINT NOT NULL REFERENCES config_version (id),
    name       TEXT NOT NULL,
    sha256     TEXT NOT NULL REFERENCES config_text (sha256),
    PRIMARY KEY (version_id, name)
);
