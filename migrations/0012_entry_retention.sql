-- Why: what an entry says goes when its time is over; that it was there stays. The leaf is made of a commitment to salt
-- and text, so that tree and proofs stand without them.
SET LOCAL lock_timeout = '5s';

-- 1. An entry without its text -----------------------------------------------------------------------------------

-- squawk-ignore ban-drop-not-null
ALTER TABLE entry ALTER COLUMN document DROP NOT NULL;
-- squawk-ignore ban-drop-not-null
ALTER TABLE entry ALTER COLUMN salt DROP NOT NULL;
-- The entry that tells of it. In place of salt and text stands what they made: `commitment`.
ALTER TABLE entry ADD COLUMN erased_by uuid;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE entry ADD CONSTRAINT entry_is_whole_or_erased CHECK (
    CASE WHEN erased_by IS NULL THEN document IS NOT NULL AND salt IS NOT NULL AND commitment IS NULL
         ELSE document IS NULL AND salt IS NULL AND commitment IS NOT NULL
              AND keyid IS NULL AND organisation_id IS NULL AND reason IS NULL END
);

-- The oldest whose text is there.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX trail_entry_by_age ON trail_entry (at) WHERE combination_id IS NOT NULL;

-- 2. Nobody changes an entry, but for this -----------------------------------------------------------------------

DROP TRIGGER entry_append_only ON entry;
CREATE TRIGGER entry_append_only BEFORE DELETE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_change_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.erased_by IS NOT NULL OR NEW.erased_by IS NULL
       OR (NEW.entry_id, NEW.at, NEW.action, NEW.decision, NEW.leaf, NEW.p)
          IS DISTINCT FROM (OLD.entry_id, OLD.at, OLD.action, OLD.decision, OLD.leaf, OLD.p)
       OR NEW.commitment IS DISTINCT FROM sha256(OLD.salt || OLD.document)
       OR current_setting('havre.forgetting', true) IS DISTINCT FROM NEW.erased_by::text
       OR NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RAISE EXCEPTION 'this table is append-only' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'entry_append_only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entry_only_forgotten BEFORE UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change_but_forgetting();

-- Whether an entry may go: its time is over, it is not what tells of erasures and epochs, and no hold stands on the
-- organisation that did it or whose records it concerns. Time and action are the entry's own, which nobody can change:
-- the index for searches is its indexer's word, and only adds to what is held.
CREATE FUNCTION may_forget(of_index bigint, before timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM public.placed
          JOIN public.entry USING (entry_id)
          JOIN public.trail_entry ON trail_entry.index = placed.index AND trail_entry.entry_id = placed.entry_id
         WHERE placed.index = of_index
           AND entry.erased_by IS NULL
           AND entry.at < before
           AND entry.action NOT IN ('erase', 'erase_entries', 'open_epoch', 'hold', 'release')
           AND NOT EXISTS (SELECT FROM public.legal_hold
                            WHERE legal_hold.lifted_at IS NULL
                              AND (legal_hold.origin_id = entry.organisation_id
                                   OR EXISTS (SELECT FROM public.organisation
                                                JOIN public.trail_scope ON trail_scope.organisation = organisation.name
                                                JOIN public.trail_posting
                                                  ON trail_posting.scope_id = trail_scope.scope_id
                                               WHERE organisation.organisation_id = legal_hold.origin_id
                                                 AND trail_posting.index = of_index))))
$$;

-- Remove text and salt of the entries at these indexes, and what the index for searches says of them, and write the
-- entry that tells of it: all in one transaction or nothing. Refused: entries whose time is not over or that are held;
-- entries that do not make their leaf; an entry that says anything else than what is done. Returns that entry's leaf.
CREATE FUNCTION erase_entries(at_indexes bigint[], keep interval, entry_document bytea, entry_salt bytea) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    entry_says jsonb := convert_from(entry_document, 'UTF8')::jsonb;
    entry_leaf bytea := sha256('\x00'::bytea || sha256(entry_salt || entry_document) || decode(repeat('00', 32), 'hex'));
    new_entry_id uuid := (entry_says ->> 'id')::uuid;
    -- Whole days, so that a node writes of it once a day and not all the time.
    before timestamptz := date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - keep;
    ours record;
    going record;
BEGIN
    IF keep IS NULL OR keep < interval '90 days' THEN
        RAISE EXCEPTION 'entries are kept for 90 days at least' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Whoever sets a hold waits for us, or we see it.
    PERFORM pg_advisory_xact_lock_shared(4711203);
    SELECT count(*) AS count, count(DISTINCT placed.index) AS indexes,
           bool_and(public.may_forget(placed.index, before)) AS are_due,
           bool_and(entry.document IS NOT NULL
                    AND entry.leaf = placed.leaf
                    AND sha256('\x00'::bytea || sha256(entry.salt || entry.document) || entry.p) = placed.leaf) AS are_whole,
           translate(rtrim(encode(sha256(string_agg(placed.leaf, ''::bytea ORDER BY placed.index)), 'base64'), '='),
                     '+/', '-_') AS leaves_sha256
      INTO going
      FROM public.placed
      JOIN public.entry USING (entry_id)
     WHERE placed.index = ANY (at_indexes);
    IF going.are_due IS NOT TRUE OR going.count <> cardinality(at_indexes) OR going.indexes <> going.count THEN
        RAISE EXCEPTION 'not placed, not due, or held' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF going.are_whole IS NOT TRUE THEN
        RAISE EXCEPTION 'an entry does not make its leaf' USING ERRCODE = 'data_corrupted';
    END IF;
    SELECT organisation.organisation_id, organisation.name
      INTO STRICT ours
      FROM public.node
      JOIN public.organisation USING (organisation_id);
    IF (entry_says ->> 'action', entry_says ->> 'decision', entry_says ->> 'organisation', entry_says ->> 'records',
        (entry_says ->> 'target')::jsonb ->> 'leaves_sha256')
       IS DISTINCT FROM ('erase_entries', 'allowed', ours.name, cardinality(at_indexes)::text, going.leaves_sha256)
       OR EXISTS (SELECT FROM unnest(at_indexes) AS named (index)
                   WHERE NOT EXISTS (SELECT FROM jsonb_array_elements((entry_says ->> 'target')::jsonb -> 'entries') AS range
                                      WHERE named.index BETWEEN (range ->> 0)::bigint AND (range ->> 1)::bigint))
       -- One that runs backwards would make room in the sum for leaves that are named and not erased.
       OR EXISTS (SELECT FROM jsonb_array_elements((entry_says ->> 'target')::jsonb -> 'entries') AS range
                   WHERE jsonb_array_length(range) <> 2 OR (range ->> 0)::bigint > (range ->> 1)::bigint)
       OR (SELECT sum((range ->> 1)::bigint - (range ->> 0)::bigint + 1)
             FROM jsonb_array_elements((entry_says ->> 'target')::jsonb -> 'entries') AS range) <> cardinality(at_indexes)
       OR (entry_says ->> 'at')::timestamptz NOT BETWEEN now() - interval '5 minutes' AND now() + interval '5 minutes' THEN
        RAISE EXCEPTION 'the entry says something else' USING ERRCODE = 'insufficient_privilege';
    END IF;

    PERFORM set_config('havre.forgetting', new_entry_id::text, true);
    UPDATE public.entry
       SET commitment = sha256(salt || document), document = NULL, salt = NULL,
           organisation_id = NULL, keyid = NULL, reason = NULL, erased_by = new_entry_id
      FROM public.placed
     WHERE placed.index = ANY (at_indexes)
       AND entry.entry_id = placed.entry_id;
    PERFORM set_config('havre.forgetting', '', true);
    PERFORM public.forget_indexed(at_indexes);

    INSERT INTO public.entry
        (entry_id, at, organisation_id, keyid, action, decision, reason, leaf, salt, p, document)
    VALUES
        (new_entry_id, (entry_says ->> 'at')::timestamptz, ours.organisation_id, NULL, 'erase_entries', 'allowed', NULL,
         entry_leaf, entry_salt, decode(repeat('00', 32), 'hex'), entry_document);
    INSERT INTO public.unplaced (entry_id, leaf) VALUES (new_entry_id, entry_leaf);
    RETURN entry_leaf;
END $$;

-- 3. Least grants ------------------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION may_forget(bigint, timestamptz), erase_entries(bigint[], interval, bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION may_forget(bigint, timestamptz), erase_entries(bigint[], interval, bytea, bytea) TO havre_eraser;
GRANT SELECT (index, leaf, at, combination_id) ON trail_entry TO havre_eraser;
