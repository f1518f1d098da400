-- The frozen audience of an alert, its partitions and the ledger of outcomes.

CREATE TABLE audience_chunk (       -- immutable; one a partition
  alert_id BIGINT NOT NULL,
  partition BIGINT NOT NULL,
  recipients BLOB NOT NULL,         -- delivery/audience_chunk.h says how it is written
  PRIMARY KEY (alert_id, partition)
);

CREATE TABLE partition (
  alert_id BIGINT NOT NULL,
  partition BIGINT NOT NULL,
  first_ordinal BIGINT NOT NULL,
  recipients BIGINT NOT NULL,
  state TEXT NOT NULL,              -- open | leased | done
  owner TEXT NOT NULL,
  lease_until BIGINT NOT NULL,
  generation BIGINT NOT NULL,       -- a stale one can commit nothing
  outcomes BLOB,                    -- when done: bitmap and exceptions (delivery/ledger.h)
  delivered BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  expired BIGINT NOT NULL,
  suppressed BIGINT NOT NULL,
  unknown BIGINT NOT NULL,
  PRIMARY KEY (alert_id, partition)
);
CREATE INDEX partition_open ON partition (state, lease_until, alert_id, partition);

CREATE TABLE outcome_batch (        -- one a group commit and partition; deleted when compacted
  alert_id BIGINT NOT NULL,
  partition BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  records BLOB NOT NULL,            -- delivery/ledger.h
  PRIMARY KEY (alert_id, partition, seq)
);

CREATE TABLE alert_clock (          -- written when an alert ends: its final latencies
  alert_id BIGINT PRIMARY KEY,
  audience BIGINT NOT NULL,
  first_ms BIGINT,
  p50_ms BIGINT,
  p90_ms BIGINT,
  p99_ms BIGINT,
  last_ms BIGINT
);
