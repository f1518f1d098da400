-- compatible: the previous version may run beside it
-- What is past its time is found without a look at all that waits: a spike of sign-ups leaves
-- tens of thousands of mails in the queue, and every claim asks.

CREATE INDEX outbox_expiry ON outbox (state, not_after) WHERE state = 'queued';
