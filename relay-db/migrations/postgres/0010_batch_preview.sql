-- What a file looks like that is not started yet, sealed: none once it is.
ALTER TABLE relay_batch ADD COLUMN preview BYTEA;
