-- A partition whose holder ended without giving it back (kill -9, a lease that ran out): mail to its
-- recipients may have been on the wire with no outcome on the disk yet. Should the alert end before
-- they are written to again, they end as unknown, so that a correction reaches them.

ALTER TABLE partition ADD COLUMN doubt BIGINT NOT NULL DEFAULT 0;  -- 1: a holder was lost
