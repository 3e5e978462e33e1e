-- Where a sign-in to our own pages leads: the page that was asked for, as path and query.

ALTER TABLE logins ADD COLUMN onward TEXT;
