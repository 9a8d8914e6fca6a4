-- Why: auditors search the trail, and nothing that is asked while a request is served may become slower for it. What is
-- here is made of entries after they have their places, by a process of its own, can be made again, and is never trusted.
SET LOCAL lock_timeout = '5s';

-- How far the log has been read: entries below `next_index` are in the tables that follow. `renewals` counts how often
-- something was taken out of them.
CREATE TABLE trail_progress (
    is_this_trail boolean NOT NULL DEFAULT true,
    next_index bigint NOT NULL,
    renewals bigint NOT NULL,
    CONSTRAINT trail_progress_pk PRIMARY KEY (is_this_trail),
    CONSTRAINT trail_progress_only_one CHECK (is_this_trail)
);
INSERT INTO trail_progress (next_index, renewals) VALUES (0, 0);

-- What many entries say alike. There are few of these, so that any filter is answered by their lists.
CREATE TABLE trail_combination (
    combination_id integer GENERATED ALWAYS AS IDENTITY,
    organisation text,
    organisation_id integer,
    keyid text,
    role text,
    action text NOT NULL,
    decision text NOT NULL,
    reason text,
    purpose text,
    CONSTRAINT trail_combination_pk PRIMARY KEY (combination_id),
    CONSTRAINT trail_combination_unique
        UNIQUE NULLS NOT DISTINCT (organisation, organisation_id, keyid, role, action, decision, reason, purpose)
);

-- A line for each placed entry. One whose text was erased has no combination, and nothing else that its text said.
CREATE TABLE trail_entry (
    index bigint NOT NULL,
    entry_id uuid NOT NULL,
    leaf bytea NOT NULL,
    at timestamptz NOT NULL,
    combination_id integer,
    response_status integer,
    records bigint,
    -- Of a pull: its first and last place, (epoch, m, i, j), and its filter.
    first_place bigint[],
    last_place bigint[],
    filter_kind text,
    filter_origin_id integer,
    filter_own boolean,
    -- Of a pull: organisation_id * 2^40 + m, from that of its first place to that of its last, both included.
    places int8range,
    CONSTRAINT trail_entry_pk PRIMARY KEY (index),
    CONSTRAINT trail_entry_each_place CHECK (cardinality(first_place) = 4 AND cardinality(last_place) = 4)
);
-- Which pulls of an organisation hold a place: places @> (organisation_id * 2^40 + m).
CREATE INDEX trail_entry_by_places ON trail_entry USING gist (places) WHERE places IS NOT NULL;

-- Who may look at which entries: all of them (no organisation); what concerns an organisation, its acts and all access
-- to its records; and, of these, what was done with its records.
CREATE TABLE trail_scope (
    scope_id integer GENERATED ALWAYS AS IDENTITY,
    organisation text,
    of_records boolean NOT NULL,
    CONSTRAINT trail_scope_pk PRIMARY KEY (scope_id),
    CONSTRAINT trail_scope_unique UNIQUE NULLS NOT DISTINCT (organisation, of_records)
);

-- The entries of a scope: by what they say alike, and in their order. Erased ones are in that of all alone, as 0.
CREATE TABLE trail_posting (
    scope_id integer NOT NULL,
    combination_id integer NOT NULL,
    index bigint NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT trail_posting_pk PRIMARY KEY (scope_id, combination_id, index),
    CONSTRAINT trail_posting_in_order UNIQUE (scope_id, index) INCLUDE (combination_id, at)
);

-- How many entries a scope has of each combination, in all and by UTC day.
CREATE TABLE trail_tally (
    scope_id integer NOT NULL,
    combination_id integer NOT NULL,
    entries bigint NOT NULL,
    CONSTRAINT trail_tally_pk PRIMARY KEY (scope_id, combination_id)
) WITH (fillfactor = 50);
CREATE TABLE trail_day (
    scope_id integer NOT NULL,
    combination_id integer NOT NULL,
    day date NOT NULL,
    entries bigint NOT NULL,
    CONSTRAINT trail_day_pk PRIMARY KEY (scope_id, combination_id, day)
) WITH (fillfactor = 50);
-- All combinations together.
CREATE TABLE trail_day_total (
    scope_id integer NOT NULL,
    day date NOT NULL,
    allowed bigint NOT NULL,
    refused bigint NOT NULL,
    CONSTRAINT trail_day_total_pk PRIMARY KEY (scope_id, day)
) WITH (fillfactor = 50);

-- Which indexes have a time within a minute, and within a day: times nearly rise with the log, but no rule says so.
CREATE TABLE trail_span (
    is_day boolean NOT NULL,
    begins_at timestamptz NOT NULL,
    first_index bigint NOT NULL,
    last_index bigint NOT NULL,
    CONSTRAINT trail_span_pk PRIMARY KEY (is_day, begins_at),
    CONSTRAINT trail_span_order CHECK (first_index <= last_index)
) WITH (fillfactor = 50);

-- Acts that name one record: it was read, or opinions of it, or its exposure. What stored or erased it is found by the
-- tables of records.
CREATE TABLE trail_record (
    origin text NOT NULL,
    record_id uuid NOT NULL,
    index bigint NOT NULL,
    CONSTRAINT trail_record_pk PRIMARY KEY (origin, record_id, index)
);
CREATE INDEX trail_record_by_index ON trail_record (index);

-- What the index says of entries whose text goes; called by what erases them, as the owner, in its transaction.
CREATE FUNCTION forget_indexed(indexes bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    days date[];
BEGIN
    -- The indexer waits, and then finds their text gone.
    UPDATE public.trail_progress SET renewals = renewals + 1;
    SELECT array_agg(DISTINCT (at AT TIME ZONE 'UTC')::date) INTO days
      FROM public.trail_entry
     WHERE index = ANY (indexes);
    WITH gone AS (
        DELETE FROM public.trail_posting
         USING unnest(indexes) AS forgotten (index), public.trail_scope
         WHERE trail_posting.index = forgotten.index
           AND trail_posting.scope_id = trail_scope.scope_id
           AND trail_posting.combination_id <> 0
        RETURNING trail_posting.scope_id, trail_posting.combination_id, trail_posting.index, trail_posting.at
    ), by_day AS (
        SELECT scope_id, combination_id, (at AT TIME ZONE 'UTC')::date AS day, count(*) AS entries
          FROM gone
         GROUP BY scope_id, combination_id, day
    ), counted AS (
        UPDATE public.trail_day
           SET entries = trail_day.entries - by_day.entries
          FROM by_day
         WHERE (trail_day.scope_id, trail_day.combination_id, trail_day.day)
             = (by_day.scope_id, by_day.combination_id, by_day.day)
    ), by_decision AS (
        SELECT by_day.scope_id, by_day.day,
               coalesce(sum(by_day.entries) FILTER (WHERE trail_combination.decision = 'allowed'), 0) AS allowed,
               coalesce(sum(by_day.entries) FILTER (WHERE trail_combination.decision = 'refused'), 0) AS refused
          FROM by_day
          JOIN public.trail_combination USING (combination_id)
         GROUP BY by_day.scope_id, by_day.day
    ), of_all AS (
        UPDATE public.trail_day_total
           SET allowed = trail_day_total.allowed - by_decision.allowed,
               refused = trail_day_total.refused - by_decision.refused
          FROM by_decision
         WHERE (trail_day_total.scope_id, trail_day_total.day) = (by_decision.scope_id, by_decision.day)
    ), in_all AS (
        SELECT scope_id, combination_id, sum(entries) AS entries FROM by_day GROUP BY scope_id, combination_id
    )
    UPDATE public.trail_tally
       SET entries = trail_tally.entries - in_all.entries
      FROM in_all
     WHERE (trail_tally.scope_id, trail_tally.combination_id) = (in_all.scope_id, in_all.combination_id);

    INSERT INTO public.trail_posting (scope_id, combination_id, index, at)
    SELECT trail_scope.scope_id, 0, trail_entry.index, trail_entry.at
      FROM public.trail_scope
     CROSS JOIN public.trail_entry
     WHERE trail_scope.organisation IS NULL
       AND trail_entry.index = ANY (indexes)
        ON CONFLICT DO NOTHING;
    DELETE FROM public.trail_record WHERE index = ANY (indexes);
    UPDATE public.trail_entry
       SET combination_id = NULL, response_status = NULL, records = NULL, first_place = NULL, last_place = NULL,
           filter_kind = NULL, filter_origin_id = NULL, filter_own = NULL, places = NULL
     WHERE index = ANY (indexes)
       AND combination_id IS NOT NULL;

    DELETE FROM public.trail_day
     USING public.trail_tally
     WHERE trail_day.scope_id = trail_tally.scope_id
       AND trail_day.combination_id = trail_tally.combination_id
       AND trail_day.day = ANY (days)
       AND trail_day.entries = 0;
    DELETE FROM public.trail_day_total WHERE allowed = 0 AND refused = 0;
    DELETE FROM public.trail_tally WHERE entries = 0;
    DELETE FROM public.trail_combination
     WHERE NOT EXISTS (SELECT FROM public.trail_tally
                        WHERE trail_tally.combination_id = trail_combination.combination_id);
END $$;
REVOKE EXECUTE ON FUNCTION forget_indexed(bigint[]) FROM PUBLIC;

-- The indexer is the worker's.
GRANT SELECT, UPDATE ON trail_progress TO havre_worker;
GRANT SELECT, INSERT, DELETE, TRUNCATE ON
    trail_combination, trail_entry, trail_scope, trail_posting, trail_record TO havre_worker;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON trail_tally, trail_day, trail_day_total, trail_span TO havre_worker;
GRANT SELECT ON placed, feed, entitlement, channel, stream TO havre_worker;
GRANT SELECT (batch_id, stream_id, origin_id, entry_id) ON batch TO havre_worker;

-- The auditor's role reads: entries and their places, who takes part, what was stored and given to whom; no document of
-- a batch, no value of a record, and nothing can be written.
GRANT SELECT ON
    trail_progress, trail_combination, trail_entry, trail_scope, trail_posting, trail_tally, trail_day, trail_day_total,
    trail_span,
    trail_record,
    entry, placed, feed, log_head, node, organisation, admission, statement, approval, used_approval, signing_key,
    audience, audience_access, audience_group, audience_organisation, access_change, channel, stream, entitlement,
    erasure, sharing_group, group_member, group_joining
    TO havre_auditor;
GRANT SELECT (batch_id, stream_id, seq, origin_id, jti, manifest_sha256, acceptance_sha256, record_count, expires_at,
              entry_id, entry_position, accepted_at, head_length, head_sha256, document_sha256) ON batch TO havre_auditor;
GRANT SELECT (origin_id, record_id, revision, batch_id, channel_id, position, leaf, is_current, is_withdrawn) ON record
    TO havre_auditor;

-- Which record an opinion is about, not what it says.
GRANT SELECT (origin_id, record_id, about_origin_id, about_record_id) ON opinion TO havre_auditor;

CREATE POLICY feed_of_processes ON feed FOR SELECT TO havre_worker, havre_auditor USING (true);
CREATE POLICY batch_of_auditor ON batch FOR SELECT TO havre_auditor USING (true);
CREATE POLICY record_of_auditor ON record FOR SELECT TO havre_auditor USING (true);
CREATE POLICY entry_of_auditor ON entry FOR SELECT TO havre_auditor USING (true);
CREATE POLICY erasure_of_auditor ON erasure FOR SELECT TO havre_auditor USING (true);
CREATE POLICY opinion_of_auditor ON opinion FOR SELECT TO havre_auditor USING (true);
