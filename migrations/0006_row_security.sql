-- Why: a second wall behind the queries' own predicate. Whatever the api asks for, the database shows it the rows of the
-- organisation whose request this transaction serves, and those that this organisation may have.
SET LOCAL lock_timeout = '5s';

-- The guard says it once a transaction, when it knows whose key signed; a connection that serves nobody sees nothing.
CREATE FUNCTION served_organisation() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('havre.organisation', true), '')::integer;

-- Each policy asks for it as `(SELECT served_organisation())`: once a query, not once a row.
ALTER TABLE feed ENABLE ROW LEVEL SECURITY;
CREATE POLICY feed_of_reader ON feed FOR SELECT TO havre_app USING (
    origin_id = (SELECT served_organisation())
    OR about_id = (SELECT served_organisation())
    OR (EXISTS (SELECT FROM entitlement
                 WHERE entitlement.organisation_id = (SELECT served_organisation())
                   AND entitlement.audience_id = feed.audience_id
                   AND entitlement.epoch = feed.epoch
                   AND entitlement.until_index IS NULL
                   AND entitlement.floor <= feed.index)
        AND EXISTS (SELECT FROM audience_access
                     WHERE audience_access.organisation_id = (SELECT served_organisation())
                       AND audience_access.audience_id = feed.audience_id
                       AND audience_access.ends_at > now())
        AND NOT EXISTS (SELECT FROM access_change
                         WHERE access_change.organisation_id = (SELECT served_organisation())
                           AND access_change.audience_id = feed.audience_id
                           AND access_change.reason IS NOT NULL))
);

-- What is not in the feed yet is its origin's alone. A look into the feed is under the feed's own policy.
ALTER TABLE batch ENABLE ROW LEVEL SECURITY;
CREATE POLICY batch_of_reader ON batch FOR SELECT TO havre_app USING (
    origin_id = (SELECT served_organisation()) OR EXISTS (SELECT FROM feed WHERE feed.batch_id = batch.batch_id)
);
CREATE POLICY batch_of_origin ON batch FOR INSERT TO havre_app WITH CHECK (origin_id = (SELECT served_organisation()));

ALTER TABLE record ENABLE ROW LEVEL SECURITY;
CREATE POLICY record_of_reader ON record FOR SELECT TO havre_app USING (
    origin_id = (SELECT served_organisation()) OR EXISTS (SELECT FROM feed WHERE feed.batch_id = record.batch_id)
);
CREATE POLICY record_of_origin ON record FOR INSERT TO havre_app WITH CHECK (origin_id = (SELECT served_organisation()));
CREATE POLICY record_moves_by_origin ON record FOR UPDATE TO havre_app USING (origin_id = (SELECT served_organisation()));

-- An act of before one's admission has no organisation; it was signed by a key that is one's own now.
ALTER TABLE entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY entry_of_actor ON entry FOR SELECT TO havre_app USING (
    organisation_id = (SELECT served_organisation())
    OR (organisation_id IS NULL
        AND split_part(keyid, '/', 1)
            = (SELECT name FROM organisation WHERE organisation_id = (SELECT served_organisation())))
);
-- Who may write entries is a matter of grants; that nobody changes one, of a trigger.
CREATE POLICY entry_written ON entry FOR INSERT TO havre_app, havre_worker, havre_eraser WITH CHECK (true);

-- Others' opinions are seen where their records are; marks of erasure, where their batches are.
ALTER TABLE opinion ENABLE ROW LEVEL SECURITY;
CREATE POLICY opinion_of_reader ON opinion FOR SELECT TO havre_app USING (
    origin_id = (SELECT served_organisation())
    OR about_origin_id = (SELECT served_organisation())
    OR EXISTS (SELECT FROM record WHERE record.origin_id = opinion.origin_id AND record.record_id = opinion.record_id)
);
CREATE POLICY opinion_of_origin ON opinion FOR INSERT TO havre_app WITH CHECK (origin_id = (SELECT served_organisation()));
CREATE POLICY opinion_moves_by_origin ON opinion FOR UPDATE TO havre_app USING (origin_id = (SELECT served_organisation()));
CREATE POLICY opinion_goes_by_origin ON opinion FOR DELETE TO havre_app USING (origin_id = (SELECT served_organisation()));

ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;
CREATE POLICY erasure_of_reader ON erasure FOR SELECT TO havre_app USING (
    origin_id = (SELECT served_organisation()) OR EXISTS (SELECT FROM batch WHERE batch.batch_id = erasure.batch_id)
);
CREATE POLICY erasure_of_processes ON erasure FOR SELECT TO havre_eraser USING (true);

-- The node's own processes see what they have grants for.
CREATE POLICY feed_of_sequencer ON feed TO havre_sequencer USING (true) WITH CHECK (true);
CREATE POLICY batch_of_processes ON batch FOR SELECT TO havre_sequencer, havre_worker, havre_eraser USING (true);
CREATE POLICY record_of_processes ON record FOR SELECT TO havre_sequencer, havre_worker, havre_eraser USING (true);
CREATE POLICY entry_of_processes ON entry FOR SELECT TO havre_sequencer, havre_worker, havre_eraser USING (true);

-- Whether a batch with `at` from `since` on was signed or placed by one of these keys of an organisation. Whoever hands
-- in a statement that ends them must be told, even of batches that it may not see.
CREATE FUNCTION has_accepted(of_organisation integer, by_keys bytea[], since timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM public.batch
                    WHERE batch.origin_id = of_organisation
                      AND batch.record_key = ANY (by_keys)
                      AND batch.accepted_at >= since)
        OR EXISTS (SELECT
                     FROM public.node
                     JOIN public.batch ON batch.node_key = ANY (by_keys)
                    WHERE node.organisation_id = of_organisation
                      AND batch.accepted_at >= since)
$$;
REVOKE EXECUTE ON FUNCTION has_accepted(integer, bytea[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION has_accepted(integer, bytea[], timestamptz) TO havre_app;
