-- Packets of a leg in which nothing but silence was: whoever sends only those is not heard, and nothing is lost on the way.
ALTER TABLE leg ADD COLUMN silent_in BIGINT;
