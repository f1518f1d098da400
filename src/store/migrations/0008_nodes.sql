-- Several processes on one database: who they are, what they send to, what they have done.
-- Times are the database's.

CREATE TABLE node (
  id TEXT PRIMARY KEY,              -- name "-" random part of this start: the beginning of its leases' owners
  name TEXT NOT NULL,
  place TEXT NOT NULL,              -- machine and control socket: two processes cannot have the same
  role TEXT NOT NULL,               -- web | send | all
  version TEXT NOT NULL,            -- of the program
  schema_version BIGINT NOT NULL,   -- the newest that it knows
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,          -- the last heartbeat
  skew_ms BIGINT NOT NULL,          -- its own wall clock minus the database's
  rate BIGINT NOT NULL,             -- messages accepted a second, lately
  connections BIGINT NOT NULL,      -- SMTP sessions open
  trouble TEXT NOT NULL             -- why it does not send, as a sentence; empty: it does
);

CREATE TABLE node_route (           -- whose limits are shared by whom
  route TEXT NOT NULL,              -- name of a limit group
  node_id TEXT NOT NULL,
  PRIMARY KEY (route, node_id)
);

CREATE TABLE alert_progress (       -- of running alerts; what each node has seen of them
  alert_id BIGINT NOT NULL,
  node_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  settled BIGINT NOT NULL,          -- 1: stopped, and nothing of it is on the wire unmarked
  progress BLOB NOT NULL,           -- delivery/progress_record.h
  PRIMARY KEY (alert_id, node_id)
);

ALTER TABLE audience_watch ADD COLUMN node_id TEXT NOT NULL DEFAULT '';  -- who keeps an audience ready

ALTER TABLE outbox ADD COLUMN node_id TEXT NOT NULL DEFAULT '';  -- who has claimed it

CREATE TABLE signal (               -- what one node tells the others; purged after an hour
  seq INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,              -- store/signals.h
  subject BIGINT NOT NULL,
  detail BIGINT NOT NULL,
  node_id TEXT NOT NULL,            -- whose
  at BIGINT NOT NULL
);

-- Leases are looked for by alert, and renewed by owner; what is done is in nobody's way.
DROP INDEX partition_open;
CREATE INDEX partition_unfinished ON partition (alert_id, partition) WHERE state <> 'done';
CREATE INDEX partition_owner ON partition (owner) WHERE state = 'leased';
