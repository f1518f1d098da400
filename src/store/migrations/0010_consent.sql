-- Consent entries become leaves of a Merkle tree, and what they hold of a person moves beside them,
-- where it can be erased (src/model/consent.h, docs/CONSENT.md). Older entries stay as they are.

ALTER TABLE consent_event ADD COLUMN format BIGINT NOT NULL DEFAULT 1;
ALTER TABLE consent_event ADD COLUMN list_name TEXT NOT NULL DEFAULT '';  -- as it was then
ALTER TABLE consent_event ADD COLUMN controller_hash BLOB;  -- in consent_wording: who answers for it
ALTER TABLE consent_event ADD COLUMN detail_commit BLOB;    -- to consent_detail, with the reader's salt
ALTER TABLE consent_event ADD COLUMN origin_commit BLOB;    -- to consent_origin, with its own salt

CREATE TABLE consent_detail (       -- erased with the reader
  seq INTEGER PRIMARY KEY,
  form_id TEXT NOT NULL,
  page_url TEXT NOT NULL,
  embed_origin TEXT NOT NULL,
  locale TEXT NOT NULL,
  message_id TEXT NOT NULL,         -- of the confirmation mail
  token_hash BLOB                   -- sha256 of its link's token
);

CREATE TABLE consent_origin (       -- erased after its time, and with the reader
  seq INTEGER PRIMARY KEY,
  at BIGINT NOT NULL,
  salt BLOB NOT NULL,               -- 32 random bytes
  ip TEXT NOT NULL,
  user_agent TEXT NOT NULL
);
CREATE INDEX consent_origin_at ON consent_origin (at);

-- Requests that were taken back before they were confirmed: forgotten as those that wait are.
CREATE INDEX subscription_taken_back ON subscription (list_id, requested_at)
  WHERE state = 'left' AND confirmed_at IS NULL;

CREATE TABLE consent_node (         -- hashes of perfect subtrees, every fourth level
  level BIGINT NOT NULL,            -- 4, 8, 12 ...: over 2^level entries
  idx BIGINT NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, idx)
);

ALTER TABLE consent_head ADD COLUMN tree_size BIGINT NOT NULL DEFAULT 0;  -- entries in the tree
ALTER TABLE consent_head ADD COLUMN frontier BLOB;         -- its perfect subtrees, largest first
ALTER TABLE consent_head ADD COLUMN controller_hash BLOB;  -- of the entries to come

CREATE TABLE consent_checkpoint (   -- signed heads of the tree, to be kept elsewhere too
  size BIGINT PRIMARY KEY,
  at BIGINT NOT NULL,
  note TEXT NOT NULL                -- C2SP signed note
);
