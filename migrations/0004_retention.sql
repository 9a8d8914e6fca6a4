-- Why: bytes go when their time is over. Who says that a line is to go, who removes it, and who may stop that are three.
SET LOCAL lock_timeout = '5s';

-- 1. Lines that are to go ---------------------------------------------------------------------------------------

-- A line is marked when it is due, never before. Withdrawn as `legal`, it is masked too: pages give its leaf from the
-- commit that marks it. `erased_at` and `entry_id` say when its bytes went, and which entry tells of it.
CREATE TABLE erasure (
    batch_id  bigint      NOT NULL,
    position  integer     NOT NULL,
    origin_id integer     NOT NULL,
    record_id uuid        NOT NULL,
    leaf      bytea       NOT NULL,
    reason    text        NOT NULL,
    marked_at timestamptz NOT NULL,
    erased_at timestamptz,
    entry_id  uuid,
    CONSTRAINT erasure_pk PRIMARY KEY (batch_id, position),
    CONSTRAINT erasure_reason CHECK (reason IN ('legal', 'withdrawn', 'replaced', 'expired')),
    CONSTRAINT erasure_is_entered CHECK ((erased_at IS NULL) = (entry_id IS NULL)),
    CONSTRAINT erasure_leaf CHECK (octet_length(leaf) = 32)
);
CREATE INDEX erasure_waiting ON erasure (batch_id, position) WHERE erased_at IS NULL;
-- Nearly always empty: what every page asks of each of its batches.
CREATE INDEX erasure_masked ON erasure (batch_id, position) WHERE erased_at IS NULL AND reason = 'legal';

-- While one stands, what it covers is marked and masked, but its bytes stay. `record_id` null: all of the origin's.
-- `holder` is the operator's, `reason_token` names the matter; both are opaque.
CREATE TABLE legal_hold (
    hold_id       bigint      GENERATED ALWAYS AS IDENTITY,
    origin_id     integer     NOT NULL,
    record_id     uuid,
    reason_token  text        NOT NULL,
    holder        text        NOT NULL,
    set_at        timestamptz NOT NULL,
    set_by        uuid        NOT NULL,
    lifted_at     timestamptz,
    lifted_by     uuid,
    CONSTRAINT legal_hold_pk PRIMARY KEY (hold_id),
    CONSTRAINT legal_hold_origin FOREIGN KEY (origin_id) REFERENCES organisation (organisation_id),
    CONSTRAINT legal_hold_is_entered CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);
CREATE UNIQUE INDEX legal_hold_once ON legal_hold (origin_id, record_id) NULLS NOT DISTINCT WHERE lifted_at IS NULL;

-- How far the batches have been looked through, in the order of their expiry, and of their acceptance.
CREATE TABLE retention_progress (
    order_of text        NOT NULL,
    until_at timestamptz NOT NULL,
    batch_id bigint      NOT NULL,
    CONSTRAINT retention_progress_pk PRIMARY KEY (order_of),
    CONSTRAINT retention_progress_order CHECK (order_of IN ('expiry', 'acceptance'))
);
INSERT INTO retention_progress (order_of, until_at, batch_id) VALUES ('expiry', '-infinity', 0), ('acceptance', '-infinity', 0);

-- squawk-ignore require-concurrent-index-creation
CREATE INDEX batch_by_expiry ON batch (expires_at, batch_id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX batch_by_acceptance ON batch (accepted_at, batch_id);
-- The rows of one batch lie together. Next to nothing is written for this index when records are.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX record_by_batch ON record USING brin (batch_id int8_minmax_multi_ops) WITH (autosummarize = on, pages_per_range = 32);

-- What the node does of itself is entered without a key.
-- squawk-ignore ban-drop-not-null
ALTER TABLE entry ALTER COLUMN keyid DROP NOT NULL;

-- 2. Who marks ---------------------------------------------------------------------------------------------------

-- The app says that the act under way withdraws records as `legal`. It is believed as far as the withdrawals' own lines
-- say so, in a batch whose entry is still to be written: only of the act under way.
CREATE FUNCTION mark_legal(of_origin integer, ids uuid[], marked timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    masked integer;
BEGIN
    IF (SELECT count(DISTINCT record.record_id)
          FROM public.record
          JOIN public.batch USING (batch_id)
         WHERE record.origin_id = of_origin
           AND record.record_id = ANY (ids)
           AND record.is_withdrawn
           AND NOT EXISTS (SELECT FROM public.entry WHERE entry.entry_id = batch.entry_id)
           AND convert_from(substring(batch.document FROM record.line_start + 1 FOR record.line_length), 'UTF8')::jsonb
               ->> 'reason' = 'legal'
       ) IS DISTINCT FROM (SELECT count(DISTINCT id) FROM unnest(ids) AS id) THEN
        RAISE EXCEPTION 'no legal withdrawal of the act under way' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.erasure (batch_id, position, origin_id, record_id, leaf, reason, marked_at)
    SELECT record.batch_id, record.position, record.origin_id, record.record_id, record.leaf, 'legal', marked
      FROM public.record
     WHERE record.origin_id = of_origin
       AND record.record_id = ANY (ids)
       AND record.revision < (SELECT max(newest.revision)
                                FROM public.record AS newest
                               WHERE newest.origin_id = record.origin_id
                                 AND newest.record_id = record.record_id
                                 AND newest.is_withdrawn)
     ORDER BY record.batch_id, record.position
        ON CONFLICT ON CONSTRAINT erasure_pk DO UPDATE SET reason = 'legal' WHERE erasure.erased_at IS NULL;
    GET DIAGNOSTICS masked = ROW_COUNT;
    IF masked > 0 THEN
        -- As an ending does, for all who may have it: a page that is being built is built again, so that none is entered
        -- after the withdrawal with what it took. The lock is that of all acts that change access.
        PERFORM pg_advisory_xact_lock(4711202);
        UPDATE public.organisation
           SET entitlement_version = entitlement_version + 1
         WHERE organisation_id IN (
               SELECT who.organisation_id
                 FROM public.erasure
                 JOIN public.batch USING (batch_id)
                 JOIN public.stream USING (stream_id)
                 JOIN public.channel USING (channel_id)
                CROSS JOIN LATERAL (
                      SELECT channel.origin_id AS organisation_id
                       UNION ALL
                      SELECT channel.about_id
                       UNION ALL
                      SELECT audience_access.organisation_id
                        FROM public.audience_access
                       WHERE audience_access.audience_id = channel.audience_id
                     ) AS who
                WHERE erasure.origin_id = of_origin
                  AND erasure.record_id = ANY (ids)
                  AND erasure.reason = 'legal'
                  AND erasure.erased_at IS NULL
               );
    END IF;
    RETURN masked;
END $$;

-- The lines of up to `most` batches that expired longer than `keep` ago; returns how many batches were looked at.
CREATE FUNCTION mark_expired(keep interval, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reached public.retention_progress%ROWTYPE;
    old record;
    looked integer := 0;
BEGIN
    IF keep IS NULL OR keep < interval '1 day' THEN
        RAISE EXCEPTION 'what has expired is kept for a day at least' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO STRICT reached FROM public.retention_progress WHERE order_of = 'expiry' FOR UPDATE;
    FOR old IN
        SELECT batch.batch_id, batch.expires_at
          FROM public.batch
         WHERE (batch.expires_at, batch.batch_id) > (reached.until_at, reached.batch_id)
           AND batch.expires_at <= now() - keep
         ORDER BY batch.expires_at, batch.batch_id
         LIMIT most
    LOOP
        INSERT INTO public.erasure (batch_id, position, origin_id, record_id, leaf, reason, marked_at)
        SELECT record.batch_id, record.position, record.origin_id, record.record_id, record.leaf, 'expired', now()
          FROM public.record
         WHERE record.batch_id = old.batch_id
            ON CONFLICT ON CONSTRAINT erasure_pk DO NOTHING;
        UPDATE public.retention_progress
           SET until_at = old.expires_at, batch_id = old.batch_id
         WHERE order_of = 'expiry';
        looked := looked + 1;
    END LOOP;
    RETURN looked;
END $$;

-- The lines that up to `most` batches, accepted longer than `keep` ago, replaced or withdrew. What a stolen key signed
-- and readers set aside replaces nothing.
CREATE FUNCTION mark_replaced(keep interval, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reached public.retention_progress%ROWTYPE;
    old record;
    looked integer := 0;
BEGIN
    IF keep IS NULL OR keep < interval '1 day' THEN
        RAISE EXCEPTION 'what was replaced is kept for a day at least' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT * INTO STRICT reached FROM public.retention_progress WHERE order_of = 'acceptance' FOR UPDATE;
    FOR old IN
        SELECT batch.batch_id, batch.accepted_at,
               EXISTS (SELECT FROM public.signing_key
                        WHERE signing_key.thumbprint = batch.record_key
                          AND signing_key.revoked_at <= batch.accepted_at) AS is_set_aside
          FROM public.batch
         WHERE (batch.accepted_at, batch.batch_id) > (reached.until_at, reached.batch_id)
           AND batch.accepted_at <= now() - keep
         ORDER BY batch.accepted_at, batch.batch_id
         LIMIT most
    LOOP
        IF NOT old.is_set_aside THEN
            INSERT INTO public.erasure (batch_id, position, origin_id, record_id, leaf, reason, marked_at)
            SELECT earlier.batch_id, earlier.position, earlier.origin_id, earlier.record_id, earlier.leaf,
                   CASE WHEN newer.is_withdrawn THEN 'withdrawn' ELSE 'replaced' END, now()
              FROM public.record AS newer
              JOIN public.record AS earlier ON earlier.origin_id = newer.origin_id
                                           AND earlier.record_id = newer.record_id
                                           AND earlier.revision < newer.revision
             WHERE newer.batch_id = old.batch_id
               AND newer.revision > 1
             ORDER BY earlier.batch_id, earlier.position
                ON CONFLICT ON CONSTRAINT erasure_pk DO NOTHING;
        END IF;
        UPDATE public.retention_progress
           SET until_at = old.accepted_at, batch_id = old.batch_id
         WHERE order_of = 'acceptance';
        looked := looked + 1;
    END LOOP;
    RETURN looked;
END $$;

-- 3. Who removes -------------------------------------------------------------------------------------------------

-- Documents stand for ever, but for one change: a function of the owner's puts leaves in place of lines.
DROP TRIGGER batch_append_only ON batch;
CREATE TRIGGER batch_append_only BEFORE DELETE OR TRUNCATE ON batch FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_change_but_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    but_erased public.batch%ROWTYPE := NEW;
BEGIN
    but_erased.document := OLD.document;
    but_erased.document_sha256 := OLD.document_sha256;
    IF but_erased IS DISTINCT FROM OLD
       OR current_setting('havre.erasing', true) IS DISTINCT FROM NEW.batch_id::text
       OR NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RAISE EXCEPTION 'this table is append-only' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'batch_append_only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER batch_only_erased BEFORE UPDATE ON batch FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure();

-- Put leaves in place of the lines at `at_positions` of a batch, and write the entry that says so, in one transaction:
-- all of it or nothing. Refused: lines that are not marked, are erased, or are held; lines whose bytes are not those of
-- their leaf; an entry that says anything else than what is done. Returns the entry's leaf.
CREATE FUNCTION erase_lines(of_batch bigint, at_positions integer[], entry_document bytea, entry_salt bytea) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    stored public.batch%ROWTYPE;
    entry_says jsonb := convert_from(entry_document, 'UTF8')::jsonb;
    entry_leaf bytea := sha256('\x00'::bytea || sha256(entry_salt || entry_document) || decode(repeat('00', 32), 'hex'));
    new_entry_id uuid := (entry_says ->> 'id')::uuid;
    new_document bytea;
    leaves bytea;
    ours record;
    is_ready boolean;
    is_whole boolean;
BEGIN
    -- Whoever sets a hold waits for us, or we see it.
    PERFORM pg_advisory_xact_lock_shared(4711203);
    -- In a push's order: first its stream, then records of that channel.
    PERFORM FROM public.stream
      WHERE stream.channel_id = (SELECT own.channel_id
                                   FROM public.stream AS own
                                   JOIN public.batch USING (stream_id)
                                  WHERE batch.batch_id = of_batch)
      ORDER BY stream.stream_id
        FOR UPDATE;
    SELECT * INTO STRICT stored FROM public.batch WHERE batch_id = of_batch FOR UPDATE;
    -- Fetched whole, not once a line.
    stored.document := stored.document || ''::bytea;

    SELECT count(*) = cardinality(at_positions) AND count(*) > 0,
           sha256(string_agg(erasure.leaf, ''::bytea ORDER BY erasure.position))
      INTO is_ready, leaves
      FROM public.erasure
     WHERE erasure.batch_id = of_batch
       AND erasure.position = ANY (at_positions)
       AND erasure.erased_at IS NULL
       AND NOT EXISTS (SELECT FROM public.legal_hold
                        WHERE legal_hold.origin_id = erasure.origin_id
                          AND (legal_hold.record_id IS NULL OR legal_hold.record_id = erasure.record_id)
                          AND legal_hold.lifted_at IS NULL);
    IF is_ready IS NOT TRUE THEN
        RAISE EXCEPTION 'not marked, erased already, or held' USING ERRCODE = 'insufficient_privilege';
    END IF;

    SELECT organisation.organisation_id, organisation.name, origin.name AS origin
      INTO STRICT ours
      FROM public.node
      JOIN public.organisation USING (organisation_id)
     CROSS JOIN public.organisation AS origin
     WHERE origin.organisation_id = stored.origin_id;
    IF (entry_says ->> 'action', entry_says ->> 'decision', entry_says ->> 'organisation', entry_says ->> 'records',
        (entry_says ->> 'target')::jsonb ->> 'batch', (entry_says ->> 'target')::jsonb ->> 'leaves_sha256')
       IS DISTINCT FROM
       ('erase', 'allowed', ours.name, cardinality(at_positions)::text,
        ours.origin || '/' || stored.jti, translate(rtrim(encode(leaves, 'base64'), '='), '+/', '-_'))
       OR (entry_says ->> 'at')::timestamptz NOT BETWEEN now() - interval '5 minutes' AND now() + interval '5 minutes' THEN
        RAISE EXCEPTION 'the entry says something else' USING ERRCODE = 'insufficient_privilege';
    END IF;

    SELECT count(*) = stored.record_count
           AND bool_and(NOT line.goes OR sha256('\x00'::bytea || line.bytes) = line.leaf)
           AND substring(stored.document FROM 1 FOR stored.head_length)
               || string_agg(line.bytes || '\x0a'::bytea, ''::bytea ORDER BY line.position) = stored.document,
           substring(stored.document FROM 1 FOR stored.head_length)
               || string_agg(
                      CASE WHEN line.goes
                           THEN convert_to(
                                    '{"erased":"' || translate(rtrim(encode(line.leaf, 'base64'), '='), '+/', '-_') || '"}',
                                    'UTF8')
                           ELSE line.bytes END || '\x0a'::bytea,
                      ''::bytea ORDER BY line.position)
      INTO is_whole, new_document
      FROM (SELECT record.position, erasure.leaf,
                   record.position = ANY (at_positions) AS goes,
                   substring(stored.document FROM record.line_start + 1 FOR record.line_length) AS bytes
              FROM public.record
              LEFT JOIN public.erasure USING (batch_id, position)
             WHERE record.batch_id = of_batch) AS line;
    IF is_whole IS NOT TRUE THEN
        RAISE EXCEPTION 'the document is not what its leaves say' USING ERRCODE = 'data_corrupted';
    END IF;

    PERFORM set_config('havre.erasing', of_batch::text, true);
    UPDATE public.batch
       SET document = new_document, document_sha256 = sha256(new_document)
     WHERE batch_id = of_batch;
    PERFORM set_config('havre.erasing', '', true);

    UPDATE public.record
       SET line_start = line.line_start,
           line_length = line.line_length,
           value = CASE WHEN line.goes THEN NULL ELSE record.value END
      FROM (SELECT fresh.*,
                   (stored.head_length + sum(fresh.line_length + 1) OVER (ORDER BY fresh.position)
                    - fresh.line_length - 1)::integer AS line_start
              FROM (SELECT record.origin_id, record.record_id, record.revision, record.position,
                           record.position = ANY (at_positions) AS goes,
                           -- As long as {"erased":"…"} is.
                           CASE WHEN record.position = ANY (at_positions) THEN 56 ELSE record.line_length END AS line_length
                      FROM public.record
                     WHERE record.batch_id = of_batch) AS fresh) AS line
     WHERE record.origin_id = line.origin_id
       AND record.record_id = line.record_id
       AND record.revision = line.revision
       AND (line.goes OR record.line_start <> line.line_start);

    INSERT INTO public.entry
        (entry_id, at, organisation_id, keyid, action, decision, reason, leaf, salt, p, document)
    VALUES
        (new_entry_id, (entry_says ->> 'at')::timestamptz, ours.organisation_id, NULL, 'erase', 'allowed', NULL,
         entry_leaf, entry_salt, decode(repeat('00', 32), 'hex'), entry_document);
    INSERT INTO public.unplaced (entry_id, leaf) VALUES (new_entry_id, entry_leaf);
    UPDATE public.erasure
       SET erased_at = now(), entry_id = new_entry_id
     WHERE erasure.batch_id = of_batch
       AND erasure.position = ANY (at_positions);
    RETURN entry_leaf;
END $$;

-- 4. Least grants ------------------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION mark_legal(integer, uuid[], timestamptz), mark_expired(interval, integer),
    mark_replaced(interval, integer), erase_lines(bigint, integer[], bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mark_legal(integer, uuid[], timestamptz) TO havre_app;
GRANT EXECUTE ON FUNCTION mark_expired(interval, integer), mark_replaced(interval, integer) TO havre_worker;
GRANT EXECUTE ON FUNCTION erase_lines(bigint, integer[], bytea, bytea) TO havre_eraser;

GRANT SELECT ON erasure TO havre_app, havre_eraser;
GRANT SELECT ON legal_hold, node TO havre_eraser;
GRANT SELECT (batch_id, origin_id, jti) ON batch TO havre_eraser;
GRANT SELECT (organisation_id, name) ON organisation TO havre_eraser;
