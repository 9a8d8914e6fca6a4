-- Why: how often one may ask is counted for all processes of the api together.
SET LOCAL lock_timeout = '5s';

-- A bucket of tokens for each organisation or key and class of acts. `granted` is what the last lease took out of it.
-- Unlogged on purpose: after a crash every bucket is full again, and no request waits for the disk because of it.
CREATE UNLOGGED TABLE rate (
    subject     text             NOT NULL,
    act         text             NOT NULL,
    tokens      double precision NOT NULL,
    granted     integer          NOT NULL,
    refilled_at timestamptz      NOT NULL,
    CONSTRAINT rate_pk PRIMARY KEY (subject, act),
    CONSTRAINT rate_tokens CHECK (tokens >= 0 AND granted >= 0)
) WITH (fillfactor = 50);

GRANT SELECT, INSERT, UPDATE (tokens, granted, refilled_at) ON rate TO havre_app;
-- A bucket that nobody asked for a day is full: its row says nothing.
GRANT SELECT, DELETE ON rate TO havre_worker;
