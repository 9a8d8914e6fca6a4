-- Why: auditors filter and count acts by their holder; at the console it is the person whose passkey it was.
SET LOCAL lock_timeout = '5s';

GRANT SELECT (person_id, organisation_id, holder) ON person TO havre_auditor;
GRANT SELECT (person_id, public_key) ON passkey TO havre_auditor;
-- Whom a pull concerns is computed as its exposure is: access may have run out before its end has a place.
GRANT SELECT ON access_end TO havre_worker;
-- How far the index of the trail is, for the operator's status.
GRANT SELECT ON trail_progress TO havre_app;
