-- Why: the first exchange. Organisations and their keys, batches and their streams, the feed, and the log's first half.
SET LOCAL lock_timeout = '5s';

-- 1. Organisations -----------------------------------------------------------------------------------------

-- Each decision of the operators about one organisation. Two holders are a constraint, not a habit:
-- only a suspension stands on one, and only the owner of the schema may found the node's own organisation.
CREATE TABLE approval (
    operator         text        NOT NULL,
    jti              uuid        NOT NULL,
    holder           text        NOT NULL,
    keyid            text        NOT NULL,
    act              text        NOT NULL,
    subject          text        NOT NULL,
    document_sha256  bytea       NOT NULL,
    content_sha256   bytea       NOT NULL,
    issued_at        timestamptz NOT NULL,
    received_at      timestamptz NOT NULL,
    document         text        NOT NULL,
    CONSTRAINT approval_pk PRIMARY KEY (operator, jti),
    CONSTRAINT approval_names_what_it_approves UNIQUE (operator, jti, holder, act, subject, document_sha256, content_sha256),
    CONSTRAINT approval_act CHECK (act IN ('admit', 'suspend', 'lift', 'replace_root')),
    CONSTRAINT approval_document_digest CHECK (octet_length(document_sha256) = 32),
    CONSTRAINT approval_content_digest CHECK (octet_length(content_sha256) = 32)
);
CREATE INDEX approval_by_subject ON approval (subject, act, document_sha256);

CREATE TABLE admission (
    admission_id     bigint      GENERATED ALWAYS AS IDENTITY,
    act              text        NOT NULL,
    subject          text        NOT NULL,
    document_sha256  bytea       NOT NULL,
    content_sha256   bytea       NOT NULL,
    -- A new root gives no status: it must not lift a suspension.
    status           text        GENERATED ALWAYS AS (
        CASE act WHEN 'suspend' THEN 'suspended' WHEN 'replace_root' THEN NULL ELSE 'active' END
    ) STORED,
    decided_at       timestamptz NOT NULL,
    first_operator   text,
    first_jti        uuid,
    first_holder     text,
    second_operator  text,
    second_jti       uuid,
    second_holder    text,
    CONSTRAINT admission_pk PRIMARY KEY (admission_id),
    CONSTRAINT admission_gives_status UNIQUE (admission_id, subject, status),
    CONSTRAINT admission_act CHECK (act IN ('found', 'admit', 'suspend', 'lift', 'replace_root')),
    CONSTRAINT admission_needs_an_approval CHECK (
        act = 'found' OR (first_operator IS NOT NULL AND first_jti IS NOT NULL AND first_holder IS NOT NULL)
    ),
    CONSTRAINT admission_needs_two_holders CHECK (
        act IN ('found', 'suspend')
        OR (second_operator IS NOT NULL AND second_jti IS NOT NULL AND second_holder IS NOT NULL
            AND (first_operator, first_holder) IS DISTINCT FROM (second_operator, second_holder))
    ),
    CONSTRAINT admission_first_approval FOREIGN KEY
        (first_operator, first_jti, first_holder, act, subject, document_sha256, content_sha256)
        REFERENCES approval (operator, jti, holder, act, subject, document_sha256, content_sha256),
    CONSTRAINT admission_second_approval FOREIGN KEY
        (second_operator, second_jti, second_holder, act, subject, document_sha256, content_sha256)
        REFERENCES approval (operator, jti, holder, act, subject, document_sha256, content_sha256)
);
-- An approval is used up by the decision that it made.
CREATE UNIQUE INDEX admission_uses_first_approval_once ON admission (first_operator, first_jti);
CREATE UNIQUE INDEX admission_uses_second_approval_once ON admission (second_operator, second_jti);
-- Nor does it come back in the other place: the pair of an admission, turned round, must not lift a suspension.
CREATE TABLE used_approval (
    operator     text   NOT NULL,
    jti          uuid   NOT NULL,
    admission_id bigint NOT NULL,
    CONSTRAINT used_approval_pk PRIMARY KEY (operator, jti),
    CONSTRAINT used_approval_admission FOREIGN KEY (admission_id) REFERENCES admission (admission_id)
);
CREATE FUNCTION use_up_approvals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.used_approval (operator, jti, admission_id)
    SELECT used.operator, used.jti, NEW.admission_id
      FROM (VALUES (NEW.first_operator, NEW.first_jti), (NEW.second_operator, NEW.second_jti)) AS used (operator, jti)
     WHERE used.jti IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER admission_uses_approvals_up AFTER INSERT ON admission FOR EACH ROW EXECUTE FUNCTION use_up_approvals();

CREATE FUNCTION refuse_founding_by_others() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.act = 'found' AND NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RAISE EXCEPTION 'only the owner founds an organisation' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER admission_founding BEFORE INSERT ON admission FOR EACH ROW EXECUTE FUNCTION refuse_founding_by_others();

CREATE TABLE organisation (
    organisation_id     integer     GENERATED ALWAYS AS IDENTITY,
    name                text        NOT NULL,
    status              text        NOT NULL,
    admission_id        bigint      NOT NULL,
    sector              text        NOT NULL,
    home                text        NOT NULL,
    home_origin_url     text        NOT NULL,
    display_name        text        NOT NULL,
    roles_at_most       text[]      NOT NULL,
    root_x              bytea       NOT NULL,
    statement_id        bigint,
    entitlement_version bigint      NOT NULL DEFAULT 0,
    CONSTRAINT organisation_pk PRIMARY KEY (organisation_id),
    CONSTRAINT organisation_name_unique UNIQUE (name),
    CONSTRAINT organisation_name_form CHECK (length(name) <= 100 AND name ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?){1,4}$'),
    CONSTRAINT organisation_sector CHECK (sector IN ('platform', 'ngo', 'hotline', 'government', 'law_enforcement', 'research')),
    CONSTRAINT organisation_root CHECK (octet_length(root_x) = 32),
    CONSTRAINT organisation_status_was_decided FOREIGN KEY (admission_id, name, status)
        REFERENCES admission (admission_id, subject, status)
);
-- An older decision is never taken up again: a suspension cannot be undone by pointing back to the admission.
CREATE FUNCTION refuse_older_admission() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.admission_id < OLD.admission_id THEN
        RAISE EXCEPTION 'an admission only moves forward' USING ERRCODE = 'check_violation', CONSTRAINT = 'organisation_admission_moves_forward';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER organisation_admission_moves_forward BEFORE UPDATE ON organisation
    FOR EACH ROW EXECUTE FUNCTION refuse_older_admission();

CREATE TABLE statement (
    statement_id    bigint      GENERATED ALWAYS AS IDENTITY,
    organisation_id integer     NOT NULL,
    seq             bigint      NOT NULL,
    sha256          bytea       NOT NULL,
    issued_at       timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    document        text        NOT NULL,
    CONSTRAINT statement_pk PRIMARY KEY (statement_id),
    CONSTRAINT statement_seq_unique UNIQUE (organisation_id, seq),
    CONSTRAINT statement_sha256_unique UNIQUE (sha256),
    CONSTRAINT statement_digest CHECK (octet_length(sha256) = 32),
    CONSTRAINT statement_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (organisation_id)
);
ALTER TABLE statement ALTER COLUMN document SET STORAGE EXTERNAL;
ALTER TABLE organisation ADD CONSTRAINT organisation_statement FOREIGN KEY (statement_id) REFERENCES statement (statement_id);

-- Every key that any statement ever listed, as the newest statement has it. A key belongs to one organisation for ever.
CREATE TABLE signing_key (
    thumbprint      bytea       NOT NULL,
    organisation_id integer     NOT NULL,
    x               bytea       NOT NULL,
    use             text        NOT NULL,
    valid_from      timestamptz NOT NULL,
    valid_until     timestamptz,
    roles           text[]      NOT NULL,
    holder          text,
    revoked_at      timestamptz,
    revoked_reason  text,
    CONSTRAINT signing_key_pk PRIMARY KEY (thumbprint),
    CONSTRAINT signing_key_x_unique UNIQUE (x),
    CONSTRAINT signing_key_x CHECK (octet_length(x) = 32 AND octet_length(thumbprint) = 32),
    CONSTRAINT signing_key_use CHECK (use IN ('root', 'record', 'exchange', 'node', 'log')),
    CONSTRAINT signing_key_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (organisation_id)
);
CREATE INDEX signing_key_by_organisation ON signing_key (organisation_id);
CREATE FUNCTION refuse_key_change_of_hands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.thumbprint, NEW.organisation_id, NEW.x, NEW.use) IS DISTINCT FROM (OLD.thumbprint, OLD.organisation_id, OLD.x, OLD.use)
       OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL) THEN
        RAISE EXCEPTION 'a key keeps its organisation and its revocation' USING ERRCODE = 'check_violation', CONSTRAINT = 'signing_key_keeps_hands';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signing_key_keeps_hands BEFORE UPDATE ON signing_key FOR EACH ROW EXECUTE FUNCTION refuse_key_change_of_hands();

-- Statements that wait for two operators: of newcomers, and of members whose sector, home, name or root would change.
CREATE TABLE application (
    application_id   uuid        NOT NULL,
    organisation     text        NOT NULL,
    document_sha256  bytea       NOT NULL,
    document         text        NOT NULL,
    keyid            text        NOT NULL,
    status           text        NOT NULL,
    applied_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    CONSTRAINT application_pk PRIMARY KEY (application_id),
    CONSTRAINT application_document_unique UNIQUE (document_sha256),
    CONSTRAINT application_status CHECK (status IN ('pending', 'approved', 'overtaken'))
);
ALTER TABLE application ALTER COLUMN document SET STORAGE EXTERNAL;
CREATE INDEX application_by_organisation ON application (organisation, expires_at);

CREATE TABLE directory (
    seq             bigint      NOT NULL,
    members_sha256  bytea       NOT NULL,
    issued_at       timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    document        text        NOT NULL,
    CONSTRAINT directory_pk PRIMARY KEY (seq)
);

-- Who this node is; one row, written once by `havre-node init`.
CREATE TABLE node (
    is_this_node    boolean     NOT NULL DEFAULT true,
    organisation_id integer     NOT NULL,
    federation      text        NOT NULL,
    origin_url      text        NOT NULL,
    CONSTRAINT node_pk PRIMARY KEY (is_this_node),
    CONSTRAINT node_only_one CHECK (is_this_node),
    CONSTRAINT node_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (organisation_id)
);

-- 2. The guard's memory ------------------------------------------------------------------------------------

-- Logged on purpose: an unlogged table is empty after a standby is promoted, and a replay would pass.
CREATE TABLE nonce (
    thumbprint bytea       NOT NULL,
    nonce      bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT nonce_pk PRIMARY KEY (thumbprint, nonce)
);
CREATE INDEX nonce_by_expiry ON nonce (expires_at);

-- 3. The log -----------------------------------------------------------------------------------------------

CREATE TABLE entry (
    entry_id        uuid        NOT NULL,
    at              timestamptz NOT NULL,
    organisation_id integer,
    keyid           text,
    action          text        NOT NULL,
    decision        text        NOT NULL,
    reason          text,
    leaf            bytea       NOT NULL,
    salt            bytea       NOT NULL,
    p               bytea       NOT NULL,
    document        bytea       NOT NULL,
    CONSTRAINT entry_pk PRIMARY KEY (entry_id),
    CONSTRAINT entry_leaf_unique UNIQUE (leaf),
    CONSTRAINT entry_digests CHECK (octet_length(leaf) = 32 AND octet_length(salt) = 32 AND octet_length(p) = 32),
    CONSTRAINT entry_decision CHECK (decision IN ('allowed', 'refused'))
);
ALTER TABLE entry ALTER COLUMN document SET STORAGE EXTERNAL;

-- An entry waits here from its commit until the sequencer gives it an index. Gaps and order of these ids mean nothing.
CREATE TABLE unplaced (
    unplaced_id bigint GENERATED ALWAYS AS IDENTITY,
    entry_id    uuid   NOT NULL,
    leaf        bytea  NOT NULL,
    CONSTRAINT unplaced_pk PRIMARY KEY (unplaced_id)
);

CREATE TABLE placed (
    epoch     integer     NOT NULL,
    index     bigint      NOT NULL,
    entry_id  uuid        NOT NULL,
    leaf      bytea       NOT NULL,
    CONSTRAINT placed_pk PRIMARY KEY (epoch, index),
    CONSTRAINT placed_entry_once UNIQUE (entry_id)
);

CREATE TABLE log_head (
    is_this_log boolean NOT NULL DEFAULT true,
    epoch       integer NOT NULL,
    size        bigint  NOT NULL,
    CONSTRAINT log_head_pk PRIMARY KEY (is_this_log),
    CONSTRAINT log_head_only_one CHECK (is_this_log)
);
INSERT INTO log_head (epoch, size) VALUES (1, 0);

-- 4. Batches -----------------------------------------------------------------------------------------------

CREATE TABLE audience (
    audience_id   integer GENERATED ALWAYS AS IDENTITY,
    sha256        bytea   NOT NULL,
    tlp           text    NOT NULL,
    groups        text[]  NOT NULL,
    organisations text[]  NOT NULL,
    sectors       text[]  NOT NULL,
    purposes      text[]  NOT NULL,
    CONSTRAINT audience_pk PRIMARY KEY (audience_id),
    CONSTRAINT audience_sha256_unique UNIQUE (sha256),
    CONSTRAINT audience_tlp CHECK (tlp IN ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT'))
);

CREATE TABLE channel (
    channel_id  integer GENERATED ALWAYS AS IDENTITY,
    origin_id   integer NOT NULL,
    kind        text    NOT NULL,
    audience_id integer NOT NULL,
    about_id    integer,
    CONSTRAINT channel_pk PRIMARY KEY (channel_id),
    CONSTRAINT channel_unique UNIQUE NULLS NOT DISTINCT (origin_id, kind, audience_id, about_id),
    CONSTRAINT channel_kind CHECK (kind IN ('signal', 'incident', 'opinion', 'group')),
    CONSTRAINT channel_origin FOREIGN KEY (origin_id) REFERENCES organisation (organisation_id),
    CONSTRAINT channel_audience FOREIGN KEY (audience_id) REFERENCES audience (audience_id),
    CONSTRAINT channel_about FOREIGN KEY (about_id) REFERENCES organisation (organisation_id)
);

-- The head of each stream; pushes to one stream take turns on its row.
CREATE TABLE stream (
    stream_id     integer     GENERATED ALWAYS AS IDENTITY,
    channel_id    integer     NOT NULL,
    epoch         integer     NOT NULL,
    sha256        bytea       NOT NULL,
    seq           bigint      NOT NULL DEFAULT 0,
    head_sha256   bytea,
    accepted_at   timestamptz,
    statement_seq bigint      NOT NULL DEFAULT 0,
    CONSTRAINT stream_pk PRIMARY KEY (stream_id),
    CONSTRAINT stream_unique UNIQUE (channel_id, epoch),
    CONSTRAINT stream_sha256_unique UNIQUE (sha256),
    CONSTRAINT stream_channel FOREIGN KEY (channel_id) REFERENCES channel (channel_id)
);

-- `document` is what was verified, stored and is served, byte for byte; its first `head_length` bytes are the
-- manifest's and the acceptance's lines. `entry_id` is the request that stored it, as its `entry_position`-th.
-- `record_key` and `node_key` are the thumbprints that signed manifest and acceptance, `accepted_at` is the latter's `at`:
-- by them one tells which batches a revocation sets aside.
CREATE TABLE batch (
    batch_id          bigint      GENERATED ALWAYS AS IDENTITY,
    stream_id         integer     NOT NULL,
    seq               bigint      NOT NULL,
    origin_id         integer     NOT NULL,
    jti               uuid        NOT NULL,
    manifest_sha256   bytea       NOT NULL,
    acceptance_sha256 bytea       NOT NULL,
    record_count      integer     NOT NULL,
    expires_at        timestamptz NOT NULL,
    entry_id          uuid        NOT NULL,
    entry_position    integer     NOT NULL,
    record_key        bytea       NOT NULL,
    node_key          bytea       NOT NULL,
    accepted_at       timestamptz NOT NULL,
    head_length       integer     NOT NULL,
    head_sha256       bytea       NOT NULL,
    document_sha256   bytea       NOT NULL,
    document          bytea       NOT NULL,
    CONSTRAINT batch_pk PRIMARY KEY (batch_id),
    CONSTRAINT batch_jti_unique UNIQUE (origin_id, jti),
    CONSTRAINT batch_place_unique UNIQUE (stream_id, seq),
    CONSTRAINT batch_stored_once UNIQUE (entry_id, entry_position),
    CONSTRAINT batch_stream FOREIGN KEY (stream_id) REFERENCES stream (stream_id),
    CONSTRAINT batch_count CHECK (record_count BETWEEN 1 AND 4096)
);
ALTER TABLE batch ALTER COLUMN document SET STORAGE EXTERNAL;

-- An index into the documents: one row a revision. `line_start` and `line_length` are bytes in `batch.document`.
CREATE TABLE record (
    origin_id    integer NOT NULL,
    record_id    uuid    NOT NULL,
    revision     bigint  NOT NULL,
    batch_id     bigint  NOT NULL,
    channel_id   integer NOT NULL,
    position     integer NOT NULL,
    line_start   integer NOT NULL,
    line_length  integer NOT NULL,
    leaf         bytea   NOT NULL,
    signal_type  text,
    value        bytea,
    is_current   boolean NOT NULL,
    is_withdrawn boolean NOT NULL,
    CONSTRAINT record_pk PRIMARY KEY (origin_id, record_id, revision)
);
-- One live signal a channel and value. Replaced revisions and withdrawals leave it.
CREATE UNIQUE INDEX record_value_once ON record (channel_id, signal_type, value)
    WHERE is_current AND NOT is_withdrawn AND value IS NOT NULL;

-- 5. Feed --------------------------------------------------------------------------------------------------

CREATE TABLE feed (
    epoch       integer NOT NULL,
    index       bigint  NOT NULL,
    position    integer NOT NULL,
    batch_id    bigint  NOT NULL,
    audience_id integer NOT NULL,
    origin_id   integer NOT NULL,
    about_id    integer,
    kind        text    NOT NULL,
    CONSTRAINT feed_pk PRIMARY KEY (epoch, index, position)
);
CREATE UNIQUE INDEX feed_batch_once ON feed (batch_id);
CREATE INDEX feed_by_about ON feed (about_id, epoch, index, position) WHERE about_id IS NOT NULL;
CREATE INDEX feed_by_audience ON feed (audience_id, epoch, index, position);

-- Who may have others' batches of an audience. While an interval is open, what is placed at or after `from_index` comes
-- at its own index. What was placed in [past_from, past_until) comes once, at `from_index`. `floor` is the first index
-- of all that one may have: 0 with the whole history. An interval that only brings a past is closed where it opened;
-- `reason` tells a reader why another one closed. Opened and closed by the sequencer alone, in index order, never
-- deleted. One's own batches, and those about one's own records, need no interval.
CREATE TABLE entitlement (
    organisation_id integer NOT NULL,
    audience_id     integer NOT NULL,
    epoch           integer NOT NULL,
    from_index      bigint  NOT NULL,
    until_index     bigint,
    floor           bigint  NOT NULL,
    past_from       bigint  NOT NULL,
    past_until      bigint  NOT NULL,
    reason          text,
    CONSTRAINT entitlement_pk PRIMARY KEY (organisation_id, audience_id, epoch, from_index),
    CONSTRAINT entitlement_order CHECK (until_index >= from_index),
    CONSTRAINT entitlement_past CHECK (past_from <= past_until AND past_until <= from_index),
    CONSTRAINT entitlement_reason CHECK (reason IN ('left_group', 'group_withdrawn', 'group_expired', 'sector_changed'))
);
CREATE UNIQUE INDEX entitlement_one_open ON entitlement (organisation_id, audience_id, epoch) WHERE until_index IS NULL;
-- Most intervals open with their audience, and bring no past.
CREATE INDEX entitlement_by_past ON entitlement (organisation_id, epoch, from_index) WHERE past_from < past_until;
CREATE INDEX entitlement_by_ending ON entitlement (organisation_id, epoch, until_index) WHERE reason IS NOT NULL;

-- 6. What nobody changes -----------------------------------------------------------------------------------

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'this table is append-only' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER placed_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON placed FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER batch_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON batch FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER approval_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER used_approval_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON used_approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER admission_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON admission FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- 7. Least grants ------------------------------------------------------------------------------------------

GRANT USAGE ON SCHEMA public TO havre_app, havre_sequencer, havre_worker, havre_eraser, havre_auditor;

GRANT SELECT ON organisation, statement, signing_key, approval, admission, application, directory, node, nonce, entry, placed,
    log_head, audience, channel, stream, batch, record, feed, entitlement TO havre_app;
GRANT INSERT ON organisation, statement, signing_key, approval, admission, used_approval, application, directory, nonce, entry, unplaced,
    audience, channel, stream, batch, record TO havre_app;
GRANT UPDATE (status, admission_id, sector, home, home_origin_url, display_name, roles_at_most, root_x, statement_id, entitlement_version)
    ON organisation TO havre_app;
GRANT UPDATE (valid_from, valid_until, roles, holder, revoked_at, revoked_reason) ON signing_key TO havre_app;
GRANT UPDATE (status) ON application TO havre_app;
-- Strangers' statements that make place for others': to keep them would let anybody fill the disk.
GRANT DELETE ON application TO havre_app;
GRANT UPDATE (seq, head_sha256, accepted_at, statement_seq) ON stream TO havre_app;
GRANT UPDATE (is_current) ON record TO havre_app;

GRANT SELECT ON unplaced, log_head, placed, batch, stream, channel, audience, organisation, entitlement, feed TO havre_sequencer;
GRANT DELETE ON unplaced TO havre_sequencer;
GRANT INSERT ON placed, feed, entitlement TO havre_sequencer;
GRANT UPDATE (size) ON log_head TO havre_sequencer;
GRANT UPDATE (until_index, floor, reason) ON entitlement TO havre_sequencer;

GRANT SELECT, DELETE ON nonce, application TO havre_worker;
