-- compatible: the previous version may run beside it
-- How often one network, or one name from one network, has tried something lately: the same count
-- on every machine, whichever the next request reaches. No address and no name is kept.

CREATE TABLE pace_bucket (
  key BLOB PRIMARY KEY,             -- HMAC(secret of the installation, what is counted)
  failures BIGINT NOT NULL,         -- wrong passwords in a row; of sign-ups always 0
  free_at BIGINT NOT NULL,          -- sign-ups: when nothing of the burst is used up any more; passwords: the next try
  forget_at BIGINT NOT NULL         -- the row says nothing any more
);
CREATE INDEX pace_bucket_forget ON pace_bucket (forget_at);
