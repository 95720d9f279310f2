-- A password that somebody else chose is good for one thing only: to be changed by the account's owner.
ALTER TABLE account ADD COLUMN must_change BOOLEAN NOT NULL DEFAULT FALSE;
