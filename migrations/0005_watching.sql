-- Why: operators are told by the api, too, that entries wait for their places: above all when no sequencer runs.
SET LOCAL lock_timeout = '5s';

GRANT SELECT ON unplaced TO havre_app;
