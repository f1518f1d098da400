-- The reader's own terms: how much of a list at once, when, how many; what waits for a digest.

ALTER TABLE subscription ADD COLUMN frequency TEXT NOT NULL DEFAULT 'every';  -- every | biggest | digest

CREATE TABLE reader_terms (         -- of readers who have chosen anything at all; others get everything at once
  subscriber_id BIGINT PRIMARY KEY,
  zone TEXT NOT NULL,               -- IANA: "Europe/Paris"
  daily_max BIGINT NOT NULL,        -- alerts at once on a day of the zone; 0: no limit
  digest_minute BIGINT NOT NULL,    -- of the day
  quiet_from BIGINT,                -- minutes of the day; both or neither
  quiet_to BIGINT,
  used BIGINT NOT NULL DEFAULT 0    -- raised by whoever decides by them, so that two do not at once
);

CREATE TABLE muted_story (
  subscriber_id BIGINT NOT NULL,
  story_id BIGINT NOT NULL,         -- the alert that it began with
  muted_at BIGINT NOT NULL,
  PRIMARY KEY (subscriber_id, story_id)
);

CREATE TABLE reader_day (           -- what went at once to readers with a limit, today and yesterday
  subscriber_id BIGINT NOT NULL,
  day BIGINT NOT NULL,              -- of the reader's zone, since 1970
  alert_id BIGINT NOT NULL,
  PRIMARY KEY (subscriber_id, day, alert_id)
);
CREATE INDEX reader_day_day ON reader_day (day);

CREATE TABLE held_alert (           -- waits for the reader's next digest
  subscriber_id BIGINT NOT NULL,
  alert_id BIGINT NOT NULL,
  list_id BIGINT NOT NULL,          -- through which it reaches the reader
  due_at BIGINT NOT NULL,
  PRIMARY KEY (subscriber_id, alert_id)
);
CREATE INDEX held_alert_due ON held_alert (due_at, subscriber_id);
CREATE INDEX held_alert_alert ON held_alert (alert_id);

CREATE TABLE digest_story (         -- what a digest brought, for corrections; forgotten after a month
  subscriber_id BIGINT NOT NULL,
  alert_id BIGINT NOT NULL,
  list_id BIGINT NOT NULL,
  outbox_id BIGINT NOT NULL,        -- the digest
  sent_at BIGINT NOT NULL,
  PRIMARY KEY (subscriber_id, alert_id)
);
CREATE INDEX digest_story_alert ON digest_story (alert_id);
CREATE INDEX digest_story_outbox ON digest_story (outbox_id);
CREATE INDEX digest_story_sent ON digest_story (sent_at);

ALTER TABLE outbox ADD COLUMN subscriber_id BIGINT NOT NULL DEFAULT 0;  -- of a digest: whose; 0: no digest
ALTER TABLE outbox ADD COLUMN maybe_sent BIGINT NOT NULL DEFAULT 0;     -- 1: an attempt's reply was lost
CREATE INDEX outbox_rcpt ON outbox (rcpt_to);                           -- erasure
CREATE INDEX outbox_done ON outbox (done_at) WHERE state <> 'queued';   -- what has had its time
CREATE INDEX outbox_digest ON outbox (subscriber_id) WHERE subscriber_id <> 0;
