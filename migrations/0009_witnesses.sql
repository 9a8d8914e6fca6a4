-- Why: nodes watch each other's logs. What a node has cosigned binds it for ever, whatever process answers next; and its
-- own heads go out with the cosignatures of those that it asks.
SET LOCAL lock_timeout = '5s';

-- 1. As a witness ------------------------------------------------------------------------------------------------

-- The newest checkpoint of each watched log that was cosigned here. Size 0 without a note: none yet.
CREATE TABLE witnessed (
    origin text        NOT NULL,
    size   bigint      NOT NULL,
    root   bytea       NOT NULL,
    note   text        NOT NULL,
    at     timestamptz NOT NULL,
    CONSTRAINT witnessed_pk PRIMARY KEY (origin),
    CONSTRAINT witnessed_size CHECK (size >= 0),
    CONSTRAINT witnessed_root CHECK (octet_length(root) = 32)
);

-- Forward only, and one root a size: nobody who has the api's password takes a cosignature back.
CREATE FUNCTION refuse_step_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root) THEN
        RAISE EXCEPTION 'a witness goes forward only' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'witnessed_forward_only';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER witnessed_forward_only BEFORE UPDATE ON witnessed FOR EACH ROW EXECUTE FUNCTION refuse_step_back();
CREATE TRIGGER witnessed_stays BEFORE DELETE OR TRUNCATE ON witnessed FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Two notes that a log has signed and that do not go together. `same_size`: two roots for one size, which convicts the
-- log by itself. `not_extended`: the second was handed in without a proof that it continues the first.
CREATE TABLE witness_evidence (
    evidence_id bigint      GENERATED ALWAYS AS IDENTITY,
    origin      text        NOT NULL,
    kind        text        NOT NULL,
    known_note  text        NOT NULL,
    other_note  text        NOT NULL,
    other_size  bigint      NOT NULL,
    other_root  bytea       NOT NULL,
    found_at    timestamptz NOT NULL,
    CONSTRAINT witness_evidence_pk PRIMARY KEY (evidence_id),
    CONSTRAINT witness_evidence_once UNIQUE (origin, other_size, other_root),
    CONSTRAINT witness_evidence_kind CHECK (kind IN ('same_size', 'not_extended'))
);
CREATE TRIGGER witness_evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON witness_evidence
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON witnessed, witness_evidence TO havre_app;
GRANT UPDATE (size, root, note, at) ON witnessed TO havre_app;
GRANT SELECT ON witnessed, witness_evidence TO havre_auditor, havre_worker;

-- 2. As a log ----------------------------------------------------------------------------------------------------

-- What witnesses have said of this node's own checkpoints: `witness` is the key (C2SP signed-note), `line` the signature
-- line without its end.
CREATE TABLE cosignature (
    epoch       integer     NOT NULL,
    size        bigint      NOT NULL,
    witness     text        NOT NULL,
    line        text        NOT NULL,
    cosigned_at timestamptz NOT NULL,
    CONSTRAINT cosignature_pk PRIMARY KEY (epoch, size, witness)
);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX cosignature_by_time ON cosignature (cosigned_at);

-- Which checkpoint the world is shown while the node has a quorum of witnesses; no row: the newest. `note` is null while
-- the first is chosen. `is_cosigned`: with the quorum's cosignatures; before that, the newest there was then.
CREATE TABLE publication (
    one         boolean     NOT NULL,
    epoch       integer     NOT NULL,
    size        bigint      NOT NULL,
    note        text,
    is_cosigned boolean     NOT NULL,
    at          timestamptz NOT NULL,
    CONSTRAINT publication_pk PRIMARY KEY (one),
    CONSTRAINT publication_one CHECK (one),
    CONSTRAINT publication_cosigned CHECK (note IS NOT NULL OR NOT is_cosigned)
);

GRANT SELECT, INSERT, DELETE ON cosignature TO havre_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON publication TO havre_worker;
GRANT SELECT ON cosignature, publication TO havre_app, havre_auditor;
-- Who asks a witness proves from the size that the witness knows.
GRANT SELECT ON placed TO havre_worker;
