-- compatible: the previous version may run beside it
-- In which language a list is written: its pages speak it to readers who say nothing else.

ALTER TABLE list ADD COLUMN language TEXT NOT NULL DEFAULT '';  -- "fr"; '': the newsroom's
