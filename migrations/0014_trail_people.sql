-- Why: auditors filter and count acts by their holder; at the console it is the person whose passkey it was.
SET LOCAL lock_timeout = '5s';

GRANT SELECT (person_id, organisation_id, holder) ON person TO havre_auditor;
GRANT SELECT (person_id, public_key) ON passkey TO havre_auditor;
-- How far the index of the trail is, for the operator's status.
GRANT SELECT ON trail_progress TO havre_app;
