-- What sound tells of a leg beside loss and jitter: packets both ways, and what kind of address the far end announced.
ALTER TABLE leg ADD COLUMN packets_in BIGINT;
ALTER TABLE leg ADD COLUMN packets_out BIGINT;
ALTER TABLE leg ADD COLUMN announced TEXT;
