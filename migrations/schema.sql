-- What the migrations make, told from the catalogue. Written by migrations/snapshot.py; not to be run.

CREATE TABLE admission (
    admission_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    act text NOT NULL,
    subject text NOT NULL,
    document_sha256 bytea NOT NULL,
    content_sha256 bytea NOT NULL,
    status text GENERATED 
CASE act
    WHEN 'suspend'::text THEN 'suspended'::text
    WHEN 'replace_root'::text THEN NULL::text
    ELSE 'active'::text
END,
    decided_at timestamp with time zone NOT NULL,
    first_operator text,
    first_jti uuid,
    first_holder text,
    second_operator text,
    second_jti uuid,
    second_holder text,
    CONSTRAINT admission_act CHECK ((act = ANY (ARRAY['found'::text, 'admit'::text, 'suspend'::text, 'lift'::text, 'replace_root'::text]))),
    CONSTRAINT admission_first_approval FOREIGN KEY (first_operator, first_jti, first_holder, act, subject, document_sha256, content_sha256) REFERENCES approval(operator, jti, holder, act, subject, document_sha256, content_sha256),
    CONSTRAINT admission_gives_status UNIQUE (admission_id, subject, status),
    CONSTRAINT admission_needs_an_approval CHECK (((act = 'found'::text) OR ((first_operator IS NOT NULL) AND (first_jti IS NOT NULL) AND (first_holder IS NOT NULL)))),
    CONSTRAINT admission_needs_two_holders CHECK (((act = ANY (ARRAY['found'::text, 'suspend'::text])) OR ((second_operator IS NOT NULL) AND (second_jti IS NOT NULL) AND (second_holder IS NOT NULL) AND ((first_operator IS DISTINCT FROM second_operator) OR (first_holder IS DISTINCT FROM second_holder))))),
    CONSTRAINT admission_pk PRIMARY KEY (admission_id),
    CONSTRAINT admission_second_approval FOREIGN KEY (second_operator, second_jti, second_holder, act, subject, document_sha256, content_sha256) REFERENCES approval(operator, jti, holder, act, subject, document_sha256, content_sha256)
);
CREATE UNIQUE INDEX admission_uses_first_approval_once ON public.admission USING btree (first_operator, first_jti);
CREATE UNIQUE INDEX admission_uses_second_approval_once ON public.admission USING btree (second_operator, second_jti);
CREATE TRIGGER admission_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.admission FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER admission_founding BEFORE INSERT ON public.admission FOR EACH ROW EXECUTE FUNCTION refuse_founding_by_others();
CREATE TRIGGER admission_uses_approvals_up AFTER INSERT ON public.admission FOR EACH ROW EXECUTE FUNCTION use_up_approvals();
GRANT INSERT, SELECT ON admission TO havre_app;

CREATE TABLE application (
    application_id uuid NOT NULL,
    organisation text NOT NULL,
    document_sha256 bytea NOT NULL,
    document text NOT NULL,
    keyid text NOT NULL,
    status text NOT NULL,
    applied_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT application_document_unique UNIQUE (document_sha256),
    CONSTRAINT application_pk PRIMARY KEY (application_id),
    CONSTRAINT application_status CHECK ((status = ANY (ARRAY['pending'::text, 'approved'::text, 'overtaken'::text])))
);
CREATE INDEX application_by_organisation ON public.application USING btree (organisation, expires_at);
GRANT DELETE, INSERT, SELECT ON application TO havre_app;
GRANT DELETE, SELECT ON application TO havre_worker;
GRANT UPDATE (status) ON application TO havre_app;

CREATE TABLE approval (
    operator text NOT NULL,
    jti uuid NOT NULL,
    holder text NOT NULL,
    keyid text NOT NULL,
    act text NOT NULL,
    subject text NOT NULL,
    document_sha256 bytea NOT NULL,
    content_sha256 bytea NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    CONSTRAINT approval_act CHECK ((act = ANY (ARRAY['admit'::text, 'suspend'::text, 'lift'::text, 'replace_root'::text]))),
    CONSTRAINT approval_content_digest CHECK ((octet_length(content_sha256) = 32)),
    CONSTRAINT approval_document_digest CHECK ((octet_length(document_sha256) = 32)),
    CONSTRAINT approval_names_what_it_approves UNIQUE (operator, jti, holder, act, subject, document_sha256, content_sha256),
    CONSTRAINT approval_pk PRIMARY KEY (operator, jti)
);
CREATE INDEX approval_by_subject ON public.approval USING btree (subject, act, document_sha256);
CREATE TRIGGER approval_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON approval TO havre_app;

CREATE TABLE audience (
    audience_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    sha256 bytea NOT NULL,
    tlp text NOT NULL,
    groups text[] NOT NULL,
    organisations text[] NOT NULL,
    sectors text[] NOT NULL,
    purposes text[] NOT NULL,
    opened_index bigint,
    CONSTRAINT audience_pk PRIMARY KEY (audience_id),
    CONSTRAINT audience_sha256_unique UNIQUE (sha256),
    CONSTRAINT audience_tlp CHECK ((tlp = ANY (ARRAY['CLEAR'::text, 'GREEN'::text, 'AMBER'::text, 'AMBER+STRICT'::text])))
);
GRANT INSERT, SELECT ON audience TO havre_app;
GRANT SELECT ON audience TO havre_sequencer;
GRANT UPDATE (opened_index) ON audience TO havre_sequencer;

CREATE TABLE batch (
    batch_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    stream_id integer NOT NULL,
    seq bigint NOT NULL,
    origin_id integer NOT NULL,
    jti uuid NOT NULL,
    manifest_sha256 bytea NOT NULL,
    acceptance_sha256 bytea NOT NULL,
    record_count integer NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    entry_id uuid NOT NULL,
    entry_position integer NOT NULL,
    record_key bytea NOT NULL,
    node_key bytea NOT NULL,
    accepted_at timestamp with time zone NOT NULL,
    head_length integer NOT NULL,
    head_sha256 bytea NOT NULL,
    document_sha256 bytea NOT NULL,
    document bytea NOT NULL,
    CONSTRAINT batch_count CHECK (((record_count >= 1) AND (record_count <= 4096))),
    CONSTRAINT batch_jti_unique UNIQUE (origin_id, jti),
    CONSTRAINT batch_pk PRIMARY KEY (batch_id),
    CONSTRAINT batch_place_unique UNIQUE (stream_id, seq),
    CONSTRAINT batch_stored_once UNIQUE (entry_id, entry_position),
    CONSTRAINT batch_stream FOREIGN KEY (stream_id) REFERENCES stream(stream_id)
);
CREATE TRIGGER batch_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.batch FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON batch TO havre_app;
GRANT SELECT ON batch TO havre_sequencer;

CREATE TABLE channel (
    channel_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    origin_id integer NOT NULL,
    kind text NOT NULL,
    audience_id integer NOT NULL,
    about_id integer,
    CONSTRAINT channel_about FOREIGN KEY (about_id) REFERENCES organisation(organisation_id),
    CONSTRAINT channel_audience FOREIGN KEY (audience_id) REFERENCES audience(audience_id),
    CONSTRAINT channel_kind CHECK ((kind = ANY (ARRAY['signal'::text, 'incident'::text, 'opinion'::text, 'group'::text]))),
    CONSTRAINT channel_origin FOREIGN KEY (origin_id) REFERENCES organisation(organisation_id),
    CONSTRAINT channel_pk PRIMARY KEY (channel_id),
    CONSTRAINT channel_unique UNIQUE NULLS NOT DISTINCT (origin_id, kind, audience_id, about_id)
);
GRANT INSERT, SELECT ON channel TO havre_app;
GRANT SELECT ON channel TO havre_sequencer;

CREATE TABLE directory (
    seq bigint NOT NULL,
    members_sha256 bytea NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    CONSTRAINT directory_pk PRIMARY KEY (seq)
);
GRANT INSERT, SELECT ON directory TO havre_app;

CREATE TABLE entitlement (
    organisation_id integer NOT NULL,
    audience_id integer NOT NULL,
    epoch integer NOT NULL,
    from_index bigint NOT NULL,
    until_index bigint,
    history text NOT NULL,
    CONSTRAINT entitlement_history CHECK ((history = ANY (ARRAY['all'::text, 'from_joining'::text]))),
    CONSTRAINT entitlement_order CHECK ((until_index >= from_index)),
    CONSTRAINT entitlement_pk PRIMARY KEY (organisation_id, audience_id, epoch, from_index)
);
CREATE INDEX entitlement_by_opening ON public.entitlement USING btree (organisation_id, epoch, from_index);
GRANT SELECT ON entitlement TO havre_app;
GRANT INSERT, SELECT ON entitlement TO havre_sequencer;
GRANT UPDATE (until_index) ON entitlement TO havre_sequencer;

CREATE TABLE entry (
    entry_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    organisation_id integer,
    keyid text,
    action text NOT NULL,
    decision text NOT NULL,
    reason text,
    leaf bytea NOT NULL,
    salt bytea NOT NULL,
    p bytea NOT NULL,
    document bytea NOT NULL,
    CONSTRAINT entry_decision CHECK ((decision = ANY (ARRAY['allowed'::text, 'refused'::text]))),
    CONSTRAINT entry_digests CHECK (((octet_length(leaf) = 32) AND (octet_length(salt) = 32) AND (octet_length(p) = 32))),
    CONSTRAINT entry_leaf_unique UNIQUE (leaf),
    CONSTRAINT entry_pk PRIMARY KEY (entry_id)
);
CREATE TRIGGER entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON entry TO havre_app;

CREATE TABLE feed (
    epoch integer NOT NULL,
    index bigint NOT NULL,
    position integer NOT NULL,
    batch_id bigint NOT NULL,
    audience_id integer NOT NULL,
    origin_id integer NOT NULL,
    kind text NOT NULL,
    CONSTRAINT feed_pk PRIMARY KEY (epoch, index, "position")
);
CREATE UNIQUE INDEX feed_batch_once ON public.feed USING btree (batch_id);
CREATE INDEX feed_by_audience ON public.feed USING btree (audience_id, epoch, index, "position");
GRANT SELECT ON feed TO havre_app;
GRANT INSERT, SELECT ON feed TO havre_sequencer;

CREATE TABLE log_head (
    is_this_log boolean NOT NULL DEFAULT true,
    epoch integer NOT NULL,
    size bigint NOT NULL,
    CONSTRAINT log_head_only_one CHECK (is_this_log),
    CONSTRAINT log_head_pk PRIMARY KEY (is_this_log)
);
GRANT SELECT ON log_head TO havre_app;
GRANT SELECT ON log_head TO havre_sequencer;
GRANT UPDATE (size) ON log_head TO havre_sequencer;

CREATE TABLE membership_change (
    entry_id uuid NOT NULL,
    organisation_id integer NOT NULL,
    sector text NOT NULL,
    is_move boolean NOT NULL,
    CONSTRAINT membership_change_pk PRIMARY KEY (entry_id, organisation_id)
);
GRANT INSERT ON membership_change TO havre_app;
GRANT DELETE, SELECT ON membership_change TO havre_sequencer;

CREATE TABLE node (
    is_this_node boolean NOT NULL DEFAULT true,
    organisation_id integer NOT NULL,
    federation text NOT NULL,
    origin_url text NOT NULL,
    CONSTRAINT node_only_one CHECK (is_this_node),
    CONSTRAINT node_organisation FOREIGN KEY (organisation_id) REFERENCES organisation(organisation_id),
    CONSTRAINT node_pk PRIMARY KEY (is_this_node)
);
GRANT SELECT ON node TO havre_app;

CREATE TABLE nonce (
    thumbprint bytea NOT NULL,
    nonce bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT nonce_pk PRIMARY KEY (thumbprint, nonce)
);
CREATE INDEX nonce_by_expiry ON public.nonce USING btree (expires_at);
GRANT INSERT, SELECT ON nonce TO havre_app;
GRANT DELETE, SELECT ON nonce TO havre_worker;

CREATE TABLE organisation (
    organisation_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    status text NOT NULL,
    admission_id bigint NOT NULL,
    sector text NOT NULL,
    home text NOT NULL,
    home_origin_url text NOT NULL,
    display_name text NOT NULL,
    roles_at_most text[] NOT NULL,
    root_x bytea NOT NULL,
    statement_id bigint,
    entitlement_version bigint NOT NULL DEFAULT 0,
    reader_from_index bigint,
    reader_sector text,
    CONSTRAINT organisation_name_form CHECK (((length(name) <= 100) AND (name ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?){1,4}$'::text))),
    CONSTRAINT organisation_name_unique UNIQUE (name),
    CONSTRAINT organisation_pk PRIMARY KEY (organisation_id),
    CONSTRAINT organisation_root CHECK ((octet_length(root_x) = 32)),
    CONSTRAINT organisation_sector CHECK ((sector = ANY (ARRAY['platform'::text, 'ngo'::text, 'hotline'::text, 'government'::text, 'law_enforcement'::text, 'research'::text]))),
    CONSTRAINT organisation_statement FOREIGN KEY (statement_id) REFERENCES statement(statement_id),
    CONSTRAINT organisation_status_was_decided FOREIGN KEY (admission_id, name, status) REFERENCES admission(admission_id, subject, status)
);
CREATE TRIGGER organisation_admission_moves_forward BEFORE UPDATE ON public.organisation FOR EACH ROW EXECUTE FUNCTION refuse_older_admission();
GRANT INSERT, SELECT ON organisation TO havre_app;
GRANT SELECT ON organisation TO havre_sequencer;
GRANT UPDATE (admission_id, display_name, entitlement_version, home, home_origin_url, roles_at_most, root_x, sector, statement_id, status) ON organisation TO havre_app;
GRANT UPDATE (reader_from_index, reader_sector) ON organisation TO havre_sequencer;

CREATE TABLE placed (
    epoch integer NOT NULL,
    index bigint NOT NULL,
    entry_id uuid NOT NULL,
    leaf bytea NOT NULL,
    CONSTRAINT placed_entry_once UNIQUE (entry_id),
    CONSTRAINT placed_pk PRIMARY KEY (epoch, index)
);
CREATE TRIGGER placed_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.placed FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON placed TO havre_app;
GRANT INSERT, SELECT ON placed TO havre_sequencer;

CREATE TABLE record (
    origin_id integer NOT NULL,
    record_id uuid NOT NULL,
    revision bigint NOT NULL,
    batch_id bigint NOT NULL,
    channel_id integer NOT NULL,
    position integer NOT NULL,
    line_start integer NOT NULL,
    line_length integer NOT NULL,
    leaf bytea NOT NULL,
    signal_type text,
    value bytea,
    is_current boolean NOT NULL,
    is_withdrawn boolean NOT NULL,
    CONSTRAINT record_pk PRIMARY KEY (origin_id, record_id, revision)
);
CREATE UNIQUE INDEX record_value_once ON public.record USING btree (channel_id, signal_type, value) WHERE (is_current AND (NOT is_withdrawn) AND (value IS NOT NULL));
GRANT INSERT, SELECT ON record TO havre_app;
GRANT UPDATE (is_current) ON record TO havre_app;

CREATE TABLE signing_key (
    thumbprint bytea NOT NULL,
    organisation_id integer NOT NULL,
    x bytea NOT NULL,
    use text NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone,
    roles text[] NOT NULL,
    holder text,
    revoked_at timestamp with time zone,
    revoked_reason text,
    CONSTRAINT signing_key_organisation FOREIGN KEY (organisation_id) REFERENCES organisation(organisation_id),
    CONSTRAINT signing_key_pk PRIMARY KEY (thumbprint),
    CONSTRAINT signing_key_use CHECK ((use = ANY (ARRAY['root'::text, 'record'::text, 'exchange'::text, 'node'::text, 'log'::text]))),
    CONSTRAINT signing_key_x CHECK (((octet_length(x) = 32) AND (octet_length(thumbprint) = 32))),
    CONSTRAINT signing_key_x_unique UNIQUE (x)
);
CREATE INDEX signing_key_by_organisation ON public.signing_key USING btree (organisation_id);
CREATE TRIGGER signing_key_keeps_hands BEFORE UPDATE ON public.signing_key FOR EACH ROW EXECUTE FUNCTION refuse_key_change_of_hands();
GRANT INSERT, SELECT ON signing_key TO havre_app;
GRANT UPDATE (holder, revoked_at, revoked_reason, roles, valid_from, valid_until) ON signing_key TO havre_app;

CREATE TABLE statement (
    statement_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    organisation_id integer NOT NULL,
    seq bigint NOT NULL,
    sha256 bytea NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    CONSTRAINT statement_digest CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT statement_organisation FOREIGN KEY (organisation_id) REFERENCES organisation(organisation_id),
    CONSTRAINT statement_pk PRIMARY KEY (statement_id),
    CONSTRAINT statement_seq_unique UNIQUE (organisation_id, seq),
    CONSTRAINT statement_sha256_unique UNIQUE (sha256)
);
CREATE TRIGGER statement_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.statement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON statement TO havre_app;

CREATE TABLE stream (
    stream_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    channel_id integer NOT NULL,
    epoch integer NOT NULL,
    sha256 bytea NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    head_sha256 bytea,
    accepted_at timestamp with time zone,
    statement_seq bigint NOT NULL DEFAULT 0,
    CONSTRAINT stream_channel FOREIGN KEY (channel_id) REFERENCES channel(channel_id),
    CONSTRAINT stream_pk PRIMARY KEY (stream_id),
    CONSTRAINT stream_sha256_unique UNIQUE (sha256),
    CONSTRAINT stream_unique UNIQUE (channel_id, epoch)
);
GRANT INSERT, SELECT ON stream TO havre_app;
GRANT SELECT ON stream TO havre_sequencer;
GRANT UPDATE (accepted_at, head_sha256, seq, statement_seq) ON stream TO havre_app;

CREATE TABLE unplaced (
    unplaced_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    entry_id uuid NOT NULL,
    leaf bytea NOT NULL,
    CONSTRAINT unplaced_pk PRIMARY KEY (unplaced_id)
);
GRANT INSERT ON unplaced TO havre_app;
GRANT DELETE, SELECT ON unplaced TO havre_sequencer;

CREATE TABLE used_approval (
    operator text NOT NULL,
    jti uuid NOT NULL,
    admission_id bigint NOT NULL,
    CONSTRAINT used_approval_admission FOREIGN KEY (admission_id) REFERENCES admission(admission_id),
    CONSTRAINT used_approval_pk PRIMARY KEY (operator, jti)
);
CREATE TRIGGER used_approval_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.used_approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT ON used_approval TO havre_app;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'this table is append-only' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_founding_by_others()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.act = 'found' AND NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RAISE EXCEPTION 'only the owner founds an organisation' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_key_change_of_hands()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (NEW.thumbprint, NEW.organisation_id, NEW.x, NEW.use) IS DISTINCT FROM (OLD.thumbprint, OLD.organisation_id, OLD.x, OLD.use)
       OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL) THEN
        RAISE EXCEPTION 'a key keeps its organisation and its revocation' USING ERRCODE = 'check_violation', CONSTRAINT = 'signing_key_keeps_hands';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_older_admission()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.admission_id < OLD.admission_id THEN
        RAISE EXCEPTION 'an admission only moves forward' USING ERRCODE = 'check_violation', CONSTRAINT = 'organisation_admission_moves_forward';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.use_up_approvals()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    INSERT INTO public.used_approval (operator, jti, admission_id)
    SELECT used.operator, used.jti, NEW.admission_id
      FROM (VALUES (NEW.first_operator, NEW.first_jti), (NEW.second_operator, NEW.second_jti)) AS used (operator, jti)
     WHERE used.jti IS NOT NULL;
    RETURN NULL;
END $function$;
