-- compatible: the previous version may run beside it
-- Rows of an import that are there to keep somebody out: who had left, bounced or was blocked.

ALTER TABLE import_job ADD COLUMN kept_out BIGINT NOT NULL DEFAULT 0;
