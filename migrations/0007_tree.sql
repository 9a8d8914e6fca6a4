-- Why: placed entries become a tree: stored tiles, signed heads that nobody changes, and what opens a leaf for proofs.
SET LOCAL lock_timeout = '5s';

-- One index names one leaf through all epochs: a new epoch's tree begins with what was restored (docs/decisions/0012).
-- Both in one transaction, and a table that is written by the sequencer alone, which waits.
-- squawk-ignore ban-drop-constraint
ALTER TABLE placed DROP CONSTRAINT placed_pk;
-- squawk-ignore constraint-missing-not-valid, adding-serial-primary-key-field
ALTER TABLE placed ADD CONSTRAINT placed_pk PRIMARY KEY (index);

-- 1. Heads -------------------------------------------------------------------------------------------------

-- `peaks` are the roots of the full subtrees, 32 bytes each, largest first: with them a proof needs no right edge.
-- `note` is the checkpoint as it was signed, without cosignatures.
CREATE TABLE checkpoint (
    epoch     integer     NOT NULL,
    size      bigint      NOT NULL,
    root      bytea       NOT NULL,
    peaks     bytea       NOT NULL,
    note      text        NOT NULL,
    signed_at timestamptz NOT NULL,
    CONSTRAINT checkpoint_pk PRIMARY KEY (epoch, size),
    CONSTRAINT checkpoint_root CHECK (octet_length(root) = 32 AND octet_length(peaks) % 32 = 0),
    CONSTRAINT checkpoint_size CHECK (size >= 0)
);
CREATE INDEX checkpoint_by_size ON checkpoint (size);
CREATE TRIGGER checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A head never shrinks: the last wall, behind the sequencer's own checks, against signing a shorter tree.
CREATE FUNCTION refuse_shorter_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM checkpoint WHERE epoch > NEW.epoch OR (epoch = NEW.epoch AND size > NEW.size)) THEN
        RAISE EXCEPTION 'a head is never shorter' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'checkpoint_grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER checkpoint_grows BEFORE INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_shorter_head();

-- 2. Tiles -------------------------------------------------------------------------------------------------

-- C2SP tlog-tiles of levels 1 and up; level 0 are the leaves of `placed`. The tiles of the right edge grow.
CREATE TABLE tile (
    level      integer NOT NULL,
    tile_index bigint  NOT NULL,
    hashes     bytea   NOT NULL,
    CONSTRAINT tile_pk PRIMARY KEY (level, tile_index),
    CONSTRAINT tile_level CHECK (level BETWEEN 1 AND 63),
    CONSTRAINT tile_width CHECK (octet_length(hashes) BETWEEN 32 AND 8192 AND octet_length(hashes) % 32 = 0)
);
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
CREATE TRIGGER tile_stays BEFORE DELETE OR TRUNCATE ON tile FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_other_tile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.level <> OLD.level OR NEW.tile_index <> OLD.tile_index
        OR substring(NEW.hashes FOR octet_length(OLD.hashes)) <> OLD.hashes THEN
        RAISE EXCEPTION 'a tile only grows' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'tile_grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tile_grows BEFORE UPDATE ON tile FOR EACH ROW EXECUTE FUNCTION refuse_other_tile();

-- 3. What opens a leaf -------------------------------------------------------------------------------------

-- SHA-256 of salt and text, kept when both are erased; until then it follows from them.
ALTER TABLE entry ADD COLUMN commitment bytea;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE entry ADD CONSTRAINT entry_commitment CHECK (octet_length(commitment) = 32);

-- The 64 bytes that a leaf is the hash of, of places in [start, stop): they tell nothing of the entry, and whoever reads
-- the public entries, or proves a record of another organisation, needs them.
CREATE FUNCTION leaf_data(start bigint, stop bigint) RETURNS TABLE (index bigint, data bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT placed.index, coalesce(entry.commitment, sha256(entry.salt || entry.document)) || entry.p
      FROM public.placed
      JOIN public.entry USING (entry_id)
     WHERE placed.index >= start AND placed.index < stop
     ORDER BY placed.index
$$;

-- Where a leaf stands; null while it waits, and for what is no leaf. Whoever knows a leaf finds it in the public tiles too.
CREATE FUNCTION leaf_index(of_leaf bytea) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT placed.index FROM public.entry JOIN public.placed USING (entry_id) WHERE entry.leaf = of_leaf
$$;

-- The digests that `p` of an act is made of, in order: with them one acceptance is proven, the others stay unseen.
CREATE FUNCTION acceptances_beside(of_batch bigint) RETURNS TABLE (entry_position integer, acceptance_sha256 bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT beside.entry_position, beside.acceptance_sha256
      FROM public.batch
      JOIN public.batch AS beside USING (entry_id)
     WHERE batch.batch_id = of_batch
     ORDER BY beside.entry_position
$$;

-- 4. Least grants ------------------------------------------------------------------------------------------

GRANT SELECT ON checkpoint, tile TO havre_app, havre_sequencer, havre_worker, havre_eraser, havre_auditor;
GRANT INSERT ON checkpoint, tile TO havre_sequencer;
GRANT UPDATE (hashes) ON tile TO havre_sequencer;
-- Which key signs the heads: the log key that the node's statement lists.
GRANT SELECT ON node, signing_key TO havre_sequencer;

REVOKE EXECUTE ON FUNCTION leaf_data(bigint, bigint) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION leaf_index(bytea) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION acceptances_beside(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leaf_data(bigint, bigint) TO havre_app, havre_worker, havre_auditor;
GRANT EXECUTE ON FUNCTION leaf_index(bytea) TO havre_app, havre_auditor;
GRANT EXECUTE ON FUNCTION acceptances_beside(bigint) TO havre_app;
