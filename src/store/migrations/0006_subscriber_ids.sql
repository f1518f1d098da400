-- The id of an erased reader is never another's: ledgers and frozen audiences go on naming it.
-- SQLite gives the highest id again after its row was deleted, unless the table says AUTOINCREMENT;
-- PostgreSQL's identities never do, and its driver drops the word.

CREATE TABLE subscriber_kept (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  address TEXT NOT NULL,            -- as sent: local part as typed, domain in A-labels, lower case
  address_key TEXT NOT NULL UNIQUE, -- mail::Address::key(): what makes an address the same
  domain TEXT NOT NULL,
  smtputf8 BIGINT NOT NULL,         -- 1: the local part is not ASCII
  subject BLOB NOT NULL UNIQUE,     -- 16 bytes: the reader's name in tokens and consent events
  salt BLOB NOT NULL,               -- 32 random bytes: consent events commit to sha256(salt || address_key)
  locale TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
INSERT INTO subscriber_kept (id, address, address_key, domain, smtputf8, subject, salt, locale, created_at)
  SELECT id, address, address_key, domain, smtputf8, subject, salt, locale, created_at FROM subscriber;
DROP TABLE subscriber;
ALTER TABLE subscriber_kept RENAME TO subscriber;
CREATE INDEX subscriber_domain ON subscriber (domain, id);
