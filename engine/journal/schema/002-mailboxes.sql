-- Version 2: mailboxes that are created, deleted and renamed; matching again after a new UIDVALIDITY.

ALTER TABLE mailbox ADD COLUMN mailbox_id TEXT; -- MAILBOXID (RFC 8474) as SELECT told it last; NULL: never told

CREATE TABLE unmatched ( -- Messages that a new matching found on one side only, too many of them: they wait for `dovetail release`.
  mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE, -- where
  key TEXT NOT NULL, -- the operation that waits: "download UID" or "upload BASE"
  PRIMARY KEY (mailbox, key)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
