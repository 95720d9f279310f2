-- Which number was dialled first, when a call was diverted to ours: sealed like the caller's, and masked to be shown.
ALTER TABLE call ADD COLUMN diverted_from BLOB;
ALTER TABLE call ADD COLUMN diverted_masked TEXT NOT NULL DEFAULT '';
