-- Why: to whom what was released is computed from the log, the intervals and the feed. What follows is the rest of it that
-- nothing kept: until when access stood at each moment of the log, which act masked a line, what a document's digest was
-- before bytes went, and what a page gave in place of masked lines.
SET LOCAL lock_timeout = '5s';

-- Until when `organisations` may have others' batches of an audience, from the entry of an act on. Where nothing is said,
-- without an end. What stood before this migration has no entry.
CREATE TABLE access_end (
    access_end_id bigint GENERATED ALWAYS AS IDENTITY,
    entry_id uuid,
    audience_id integer NOT NULL,
    ends_at timestamptz NOT NULL,
    organisations integer[] NOT NULL,
    CONSTRAINT access_end_pk PRIMARY KEY (access_end_id),
    CONSTRAINT access_end_audience FOREIGN KEY (audience_id) REFERENCES audience (audience_id)
);
CREATE INDEX access_end_by_audience ON access_end (audience_id);
INSERT INTO access_end (audience_id, ends_at, organisations)
SELECT audience_id, ends_at, array_agg(organisation_id ORDER BY organisation_id)
  FROM audience_access
 WHERE ends_at < 'infinity'
 GROUP BY audience_id, ends_at;

-- The entry of the withdrawal by which a line is masked: a page that is entered after it gives the leaf.
ALTER TABLE erasure ADD COLUMN masked_by uuid;
CREATE FUNCTION say_masked_by() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.masked_by IS NOT NULL THEN
        NEW.masked_by := OLD.masked_by;
        RETURN NEW;
    END IF;
    -- Revisions rise: the act's is the newest.
    SELECT batch.entry_id INTO NEW.masked_by
      FROM public.record
      JOIN public.batch USING (batch_id)
     WHERE record.origin_id = NEW.origin_id
       AND record.record_id = NEW.record_id
       AND record.is_withdrawn
     ORDER BY record.revision DESC
     LIMIT 1;
    RETURN NEW;
END $$;
CREATE TRIGGER erasure_says_masked_by BEFORE INSERT OR UPDATE OF reason ON erasure
    FOR EACH ROW WHEN (NEW.reason = 'legal') EXECUTE FUNCTION say_masked_by();
UPDATE erasure SET reason = reason WHERE reason = 'legal';

-- The digests of stored documents before bytes of theirs went, by the time of each erasure (`erasure.erased_at`).
CREATE TABLE document_past (
    batch_id bigint NOT NULL,
    erased_at timestamptz NOT NULL,
    document_sha256 bytea NOT NULL,
    CONSTRAINT document_past_pk PRIMARY KEY (batch_id, erased_at),
    CONSTRAINT document_past_digest CHECK (octet_length(document_sha256) = 32)
);
CREATE FUNCTION keep_document_digest() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.document_past (batch_id, erased_at, document_sha256)
    VALUES (OLD.batch_id, now(), OLD.document_sha256);
    RETURN NULL;
END $$;
CREATE TRIGGER batch_keeps_digest AFTER UPDATE OF document_sha256 ON batch
    FOR EACH ROW WHEN (OLD.document_sha256 <> NEW.document_sha256) EXECUTE FUNCTION keep_document_digest();

-- The digests of documents that the page of an entry gave with leaves in place of masked lines, and of what was stored
-- then: bytes of other lines may have gone before or after.
CREATE TABLE served_masked (
    entry_id uuid NOT NULL,
    batch_id bigint NOT NULL,
    document_sha256 bytea NOT NULL,
    stored_sha256 bytea NOT NULL,
    CONSTRAINT served_masked_pk PRIMARY KEY (entry_id, batch_id),
    CONSTRAINT served_masked_digests CHECK (octet_length(document_sha256) = 32 AND octet_length(stored_sha256) = 32)
);

CREATE TRIGGER access_end_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON access_end
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER document_past_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON document_past
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER served_masked_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON served_masked
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Which pulls hold a place. All pages of one past have the same m: they are told apart by i.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX trail_entry_by_places;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX trail_entry_by_places ON trail_entry USING gist (places)
    WHERE places IS NOT NULL AND first_place[2] <> last_place[2];
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX trail_entry_within_one_m ON trail_entry
    USING gist (int8range((lower(places) >> 40 << 40) + first_place[3], (lower(places) >> 40 << 40) + last_place[3], '[]'))
    WHERE places IS NOT NULL AND first_place[2] = last_place[2];
-- Which entries of a combination released something, in their order.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX trail_entry_with_places ON trail_entry (combination_id, index) WHERE first_place IS NOT NULL;

GRANT INSERT ON access_end TO havre_app, havre_worker;
GRANT INSERT ON served_masked TO havre_app;
GRANT SELECT ON access_end, document_past, served_masked TO havre_auditor;
