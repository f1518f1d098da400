-- Partitions of one domain's recipients, and what changed in subscriptions while an audience is
-- kept ready (delivery/prepared_audience.h).

ALTER TABLE partition ADD COLUMN domain TEXT NOT NULL DEFAULT '';  -- of all its recipients; '': mixed

CREATE TABLE audience_watch (       -- whoever wants to know which subscriptions change
  id INTEGER PRIMARY KEY,
  first_change BIGINT NOT NULL,     -- audience_change.seq of its own mark: what is later concerns it
  created_at BIGINT NOT NULL
);

CREATE TABLE audience_change (      -- written while there is a watch, up to a limit
  seq INTEGER PRIMARY KEY,
  subscriber_id BIGINT NOT NULL     -- 0: the mark of a watch
);
