-- Version 1: the whole journal. Times are seconds since 1970 unless a comment says otherwise; sizes are octets.
-- A comment inside a statement stays in the database: `sqlite3 journal.sqlite .schema` explains itself.

PRAGMA application_id = 0x64766a6c;

CREATE TABLE fact ( -- What is known about account, Maildir and server as a whole; one row a fact.
  key TEXT NOT NULL PRIMARY KEY, -- "protocol", "host", "maildir-id", "generation", "last-sync" ...; written by sync
  value TEXT NOT NULL            -- its value, in text
) STRICT, WITHOUT ROWID;

CREATE TABLE mailbox ( -- The mailboxes that both sides share, also those that configuration now lets sleep.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: deletions are counted beyond a mailbox's end
  name TEXT NOT NULL UNIQUE,            -- UTF-8, "/" between levels, without the namespace prefix; written by sync
  wire_name TEXT,                       -- as the server spells it; NULL until it is there
  directory TEXT NOT NULL UNIQUE,       -- relative to the Maildir's root; one mailbox a directory
  uidvalidity INTEGER NOT NULL,         -- UIDVALIDITY of all UIDs below; 0: never selected
  uidnext INTEGER NOT NULL,             -- UIDNEXT of the last complete observation; 0: none
  highestmodseq INTEGER NOT NULL,       -- HIGHESTMODSEQ of the last complete observation; 0: none
  special_use TEXT,                     -- "\Trash" and the like (RFC 6154); NULL for none
  refresh INTEGER NOT NULL CHECK (refresh BETWEEN 0 AND 3), -- JournalRefresh: pairing afresh is due, since 1 the UIDs mean
                                        -- nothing, 2 journal or Maildir were restored, 3 host or user changed; 0: not due
  mailbox_id TEXT,                      -- MAILBOXID (RFC 8474) as SELECT told it last; NULL: never told
  quiet_modseq INTEGER NOT NULL,        -- HIGHESTMODSEQ up to which the base holds all of the server's changes; 0: none
  quiet_uidnext INTEGER NOT NULL,       -- UIDNEXT then
  quiet_messages INTEGER NOT NULL,      -- messages on the server then
  quiet_mark TEXT,                      -- times of the directory since which nothing waits here; NULL: to be read
  listed INTEGER NOT NULL,              -- when the server was last asked for all messages; 0: never
  cur_inode INTEGER NOT NULL,           -- inode of the directory's cur/ when it was last read: a hint; 0: none
  bound_for TEXT                        -- a directory that it is about to get, having traded names; '': one to be chosen
) STRICT;

CREATE TABLE message ( -- The base: messages as both sides held them when they were last equal; and staged downloads.
  id INTEGER PRIMARY KEY,          -- from id_block: never used twice, so that an id in memory can't name another
  mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE, -- where it is
  uid INTEGER CHECK (uid BETWEEN 1 AND 4294967295), -- under the mailbox's UIDVALIDITY; NULL inside a re-pairing only
  state INTEGER NOT NULL CHECK (state IN (0, 1)), -- JournalMessageState: 0 staged, 1 present
  base TEXT NOT NULL,              -- base name of its file, any octets but NUL and "/"
  system INTEGER NOT NULL,         -- flags of the base: MessageFlag bits
  keywords TEXT NOT NULL,          -- keywords of the base: canonical set, "" for none
  not_kept_system INTEGER NOT NULL, -- MessageFlag bits that are set here and that the server does not keep
  not_kept_keywords TEXT NOT NULL, -- keywords, likewise
  size INTEGER NOT NULL,           -- normalised: CRLF line ends, without other tools' header lines
  remote_size INTEGER NOT NULL,    -- RFC822.SIZE as the server gave it; 0: unknown
  file_size INTEGER NOT NULL,      -- of the file when it was last known to hold this content
  mtime_ns INTEGER NOT NULL,       -- its modification time then, nanoseconds since 1970
  digest BLOB CHECK (length (digest) = 32), -- full digest (SHA-256); NULL while it is not known
  internal_date INTEGER NOT NULL,  -- the server's INTERNALDATE
  email_id TEXT,                   -- EMAILID (RFC 8474) or X-GM-MSGID as the server told it; NULL: never told
  print INTEGER NOT NULL,          -- of the file with these flags, this size and time (message_print); 0: always looked at
  UNIQUE (mailbox, base),
  UNIQUE (mailbox, uid)
) STRICT;

-- A directory is compared with the base by prints alone, without a look at the rows.
CREATE INDEX message_prints ON message (mailbox, uid, print);

-- What every run asks for, without a walk over the base: drafts, which may be edited in place at any time, and
-- downloads that a crash left half done.
CREATE INDEX message_drafts ON message (mailbox) WHERE (system | not_kept_system) & 1;
CREATE INDEX message_staged ON message (mailbox) WHERE state = 0;

-- What a message that is new on the server may be a copy of, in whichever mailbox. Dates first: they come nearly in
-- order, which keeps the index cheap.
CREATE INDEX message_dates ON message (internal_date, remote_size);
-- By size, for what is new in the Maildir, there is an index from the first time that this is asked (journal-alike.c).

CREATE TABLE id_block ( -- Ids of messages, taken by handles in blocks (AUTOINCREMENT costs a fifth of an insert). One row.
  next INTEGER NOT NULL -- the first id that was never in a block
) STRICT;
INSERT INTO id_block (next) VALUES (1);

CREATE TABLE unmatched ( -- Messages that a new matching found on one side only, too many at once: they wait for release.
  mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE, -- where
  key TEXT NOT NULL,             -- the operation that waits: "download UID" or "upload BASE"
  PRIMARY KEY (mailbox, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE upload ( -- Uploads begun and not confirmed: intents, written before APPEND is sent.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- order of the intents
  mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE, -- where it goes
  base TEXT NOT NULL,             -- base name of the file
  replaces INTEGER REFERENCES message ON DELETE SET NULL, -- the message whose new content this is; NULL: a new message
  uidvalidity INTEGER NOT NULL,   -- at the time of the intent
  uidnext INTEGER NOT NULL,       -- last observed then: in doubt, the search begins here; 0: from 1
  size INTEGER NOT NULL,          -- normalised
  wire_size INTEGER NOT NULL,     -- what APPEND sends
  digest BLOB NOT NULL CHECK (length (digest) = 32),               -- full digest
  header_digest BLOB NOT NULL CHECK (length (header_digest) = 32), -- header digest
  message_id TEXT,                -- Message-ID; NULL for none
  date TEXT,                      -- the Date field as it stands; NULL for none
  internal_date INTEGER NOT NULL, -- as sent
  system INTEGER NOT NULL,        -- flags of the file: MessageFlag bits
  keywords TEXT NOT NULL,         -- keywords of the file: canonical set
  file_size INTEGER NOT NULL,     -- of the file when it was read
  mtime_ns INTEGER NOT NULL,      -- its modification time then, nanoseconds since 1970
  attempts INTEGER NOT NULL       -- times the server answered OK and did not show it afterwards
) STRICT;
CREATE INDEX upload_by_mailbox ON upload (mailbox);
CREATE INDEX upload_by_replaces ON upload (replaces);

CREATE TABLE unmarked ( -- \Deleted of other clients, taken off while a bare EXPUNGE runs (a server without UIDPLUS).
  mailbox INTEGER PRIMARY KEY REFERENCES mailbox ON DELETE CASCADE, -- where
  uidvalidity INTEGER NOT NULL, -- of these UIDs
  uids TEXT NOT NULL            -- an IMAP UID set: to be marked again, also after a crash
) STRICT;

CREATE TABLE operation ( -- The queue: the plan for the server, computed anew at each observation.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- order of first appearance
  mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE, -- where
  kind INTEGER NOT NULL,       -- JournalOperationKind: 0 create, 1 upload, 2 replace, 3 flags, 4 delete, 5 rename, 6 delete mailbox, 7 move, 8 copy
  key TEXT NOT NULL,           -- what it is about: "upload BASE", "flags UID" ...; one operation a key and mailbox
  detail TEXT NOT NULL,        -- what it would do; a refusal holds for this detail only
  subject TEXT NOT NULL,       -- what a person knows the message by, made safe
  first_seen INTEGER NOT NULL, -- when an observation first found the change
  state INTEGER NOT NULL CHECK (state IN (0, 1)), -- JournalOperationState: 0 queued, 1 refused for good
  reason TEXT,                 -- the server's words of refusal, made safe; NULL while queued
  seen INTEGER NOT NULL,       -- 1: put in the present round; the round's end drops the others
  UNIQUE (mailbox, key)
) STRICT;

CREATE TABLE hold ( -- Deletions that wait for `dovetail release`. The hold keeps the message's base row.
  message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE, -- what would be deleted
  side INTEGER NOT NULL CHECK (side IN (0, 1)), -- JournalSide: 0 on the server, 1 in the Maildir
  since INTEGER NOT NULL,      -- when it was first held
  released INTEGER NOT NULL    -- 1: let through, once; written by `dovetail release`
) STRICT;

CREATE TABLE deletion ( -- Deletions let through, for the count over 24 hours; rows older than 48 hours go.
  at INTEGER NOT NULL,         -- when
  mailbox INTEGER NOT NULL,    -- id, perhaps of a mailbox that is gone: its messages still count for the account
  side INTEGER NOT NULL CHECK (side IN (0, 1)), -- JournalSide: where they were deleted
  count INTEGER NOT NULL       -- messages
) STRICT;

CREATE TABLE attic ( -- Messages that were removed from the Maildir and are kept for `dovetail undelete`.
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- names the entry to `undelete`
  mailbox TEXT NOT NULL,          -- name; the mailbox itself may be gone
  file TEXT NOT NULL UNIQUE,      -- name in attic/
  subject TEXT NOT NULL,          -- decoded, made safe
  internal_date INTEGER NOT NULL, -- the message's INTERNALDATE
  removed INTEGER NOT NULL,       -- when it was removed
  size INTEGER NOT NULL,          -- of the file
  system INTEGER NOT NULL,        -- its flags: MessageFlag bits
  keywords TEXT NOT NULL          -- its keywords: canonical set
) STRICT;
CREATE INDEX attic_by_removed ON attic (removed);

CREATE TABLE pop3_message ( -- What was taken from a POP3 maildrop: known again by UIDL, else by full digest (contract C7).
  id INTEGER PRIMARY KEY,       -- names the row
  uidl TEXT UNIQUE,             -- UIDL; NULL: the server tells none that is an identity, so that the digest is
  digest BLOB CHECK (length (digest) = 32), -- full digest; NULL: passed on to the row of a newer UIDL
  header_digest BLOB CHECK (length (header_digest) = 32), -- header digest, NULL likewise: with TOP it may save a download
  size INTEGER NOT NULL,        -- octets as the server lists them; other ones under this UIDL are another message
  base TEXT,                    -- staged: base name of its file in the mailbox delivered to; NULL: present
  first_seen INTEGER NOT NULL,  -- when it was taken: leave-on-server counts its days from here
  unlisted INTEGER NOT NULL,    -- since when listings lack it; 0: the last one had it; rows go after a year
  deleted INTEGER NOT NULL CHECK (deleted BETWEEN 0 AND 2) -- JournalPop3Deleted: 1 by us, 2 and listed nevertheless
) STRICT;

CREATE TABLE pop3_file ( -- Digests of files in the Maildir that a POP3 account delivers to, so that none is read twice.
  base TEXT NOT NULL PRIMARY KEY, -- base name, in whichever mailbox
  size INTEGER NOT NULL,          -- of the file; the digest holds for this size and time only
  mtime_ns INTEGER NOT NULL,      -- its modification time, nanoseconds since 1970
  digest BLOB NOT NULL CHECK (length (digest) = 32) -- full digest
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
