-- compatible: the previous version may run beside it
-- A word about a reader's sign-up for the newsroom; it changes nothing for the reader.

ALTER TABLE subscriber ADD COLUMN tag TEXT NOT NULL DEFAULT '';  -- '' or "disposable"
