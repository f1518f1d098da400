-- Alerts, their immutable revisions, approvals.

CREATE TABLE alert (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,        -- in /alerts/{slug}
  kind TEXT NOT NULL,               -- alert | update | correction | retraction
  of_alert BIGINT,                  -- the alert that it updates, corrects or retracts
  state TEXT NOT NULL,              -- draft | approved | released | stopped | finished
  revision_id BIGINT NOT NULL,      -- the newest revision; once released, the one that is sent
  lists TEXT NOT NULL,              -- JSON array of list ids, ascending
  not_after_seconds BIGINT NOT NULL,-- life after release
  at_most_once BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  approved_at BIGINT,
  released_at BIGINT,
  stopped_at BIGINT,
  finished_at BIGINT,
  not_after BIGINT                  -- set on release
);
CREATE INDEX alert_state ON alert (state, id);
CREATE INDEX alert_of ON alert (of_alert);
CREATE INDEX alert_released ON alert (released_at);

CREATE TABLE revision (             -- immutable
  id INTEGER PRIMARY KEY,
  alert_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  content TEXT NOT NULL,            -- canonical JSON: what an approval binds
  hash BLOB NOT NULL,               -- sha256(content)
  compiled BLOB,                    -- mail::MessageTemplate::encode(), frozen on approval
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (alert_id, number)
);

CREATE TABLE approval (
  id INTEGER PRIMARY KEY,
  revision_id BIGINT NOT NULL,
  hash BLOB NOT NULL,               -- of the revision, as the approver saw it
  approved_by TEXT NOT NULL,
  approved_at BIGINT NOT NULL
);
CREATE INDEX approval_revision ON approval (revision_id);

CREATE TABLE idempotency (
  scope TEXT NOT NULL,              -- whose key it is (token id or "operator")
  key TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  status BIGINT NOT NULL,
  response TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (scope, key)
);
