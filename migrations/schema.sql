-- What the migrations make, told from the catalogue. Written by migrations/snapshot.py; not to be run.

CREATE TABLE access_change (
    entry_id uuid NOT NULL,
    organisation_id integer NOT NULL,
    audience_id integer NOT NULL,
    history text,
    reason text,
    CONSTRAINT access_change_history CHECK ((history = ANY (ARRAY['all'::text, 'from_joining'::text]))),
    CONSTRAINT access_change_pk PRIMARY KEY (entry_id, organisation_id, audience_id),
    CONSTRAINT access_change_reason CHECK ((reason = ANY (ARRAY['left_group'::text, 'group_withdrawn'::text, 'group_expired'::text, 'sector_changed'::text])))
);
CREATE INDEX access_change_by_audience ON public.access_change USING btree (organisation_id, audience_id);
GRANT INSERT, SELECT ON access_change TO havre_app;
GRANT SELECT ON access_change TO havre_auditor;
GRANT DELETE, SELECT ON access_change TO havre_sequencer;
GRANT INSERT ON access_change TO havre_worker;

CREATE TABLE access_end (
    access_end_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    entry_id uuid,
    audience_id integer NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    organisations integer[] NOT NULL,
    CONSTRAINT access_end_audience FOREIGN KEY (audience_id) REFERENCES audience(audience_id),
    CONSTRAINT access_end_pk PRIMARY KEY (access_end_id)
);
CREATE INDEX access_end_by_audience ON public.access_end USING btree (audience_id);
CREATE TRIGGER access_end_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.access_end FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT ON access_end TO havre_app;
GRANT SELECT ON access_end TO havre_auditor;
GRANT INSERT, SELECT ON access_end TO havre_worker;

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
GRANT SELECT ON admission TO havre_auditor;

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
GRANT SELECT ON approval TO havre_auditor;

CREATE TABLE audience (
    audience_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    sha256 bytea NOT NULL,
    tlp text NOT NULL,
    groups text[] NOT NULL,
    organisations text[] NOT NULL,
    sectors text[] NOT NULL,
    purposes text[] NOT NULL,
    CONSTRAINT audience_pk PRIMARY KEY (audience_id),
    CONSTRAINT audience_sha256_unique UNIQUE (sha256),
    CONSTRAINT audience_tlp CHECK ((tlp = ANY (ARRAY['CLEAR'::text, 'GREEN'::text, 'AMBER'::text, 'AMBER+STRICT'::text])))
);
GRANT INSERT, SELECT ON audience TO havre_app;
GRANT SELECT ON audience TO havre_auditor;
GRANT SELECT ON audience TO havre_sequencer;
GRANT SELECT ON audience TO havre_worker;

CREATE TABLE audience_access (
    organisation_id integer NOT NULL,
    audience_id integer NOT NULL,
    history text NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    CONSTRAINT audience_access_audience FOREIGN KEY (audience_id) REFERENCES audience(audience_id),
    CONSTRAINT audience_access_history CHECK ((history = ANY (ARRAY['all'::text, 'from_joining'::text]))),
    CONSTRAINT audience_access_organisation FOREIGN KEY (organisation_id) REFERENCES organisation(organisation_id),
    CONSTRAINT audience_access_pk PRIMARY KEY (organisation_id, audience_id)
);
CREATE INDEX audience_access_by_audience ON public.audience_access USING btree (audience_id);
GRANT DELETE, INSERT, SELECT ON audience_access TO havre_app;
GRANT SELECT ON audience_access TO havre_auditor;
GRANT DELETE, INSERT, SELECT ON audience_access TO havre_worker;
GRANT UPDATE (ends_at, history) ON audience_access TO havre_app;
GRANT UPDATE (ends_at, history) ON audience_access TO havre_worker;

CREATE TABLE audience_group (
    audience_id integer NOT NULL,
    owner_id integer NOT NULL,
    group_id uuid NOT NULL,
    CONSTRAINT audience_group_audience FOREIGN KEY (audience_id) REFERENCES audience(audience_id),
    CONSTRAINT audience_group_owner FOREIGN KEY (owner_id) REFERENCES organisation(organisation_id),
    CONSTRAINT audience_group_pk PRIMARY KEY (audience_id, owner_id, group_id)
);
CREATE INDEX audience_group_by_group ON public.audience_group USING btree (owner_id, group_id);
GRANT INSERT, SELECT ON audience_group TO havre_app;
GRANT SELECT ON audience_group TO havre_auditor;
GRANT SELECT ON audience_group TO havre_sequencer;
GRANT SELECT ON audience_group TO havre_worker;

CREATE TABLE audience_organisation (
    audience_id integer NOT NULL,
    organisation_id integer NOT NULL,
    CONSTRAINT audience_organisation_audience FOREIGN KEY (audience_id) REFERENCES audience(audience_id),
    CONSTRAINT audience_organisation_organisation FOREIGN KEY (organisation_id) REFERENCES organisation(organisation_id),
    CONSTRAINT audience_organisation_pk PRIMARY KEY (audience_id, organisation_id)
);
GRANT INSERT, SELECT ON audience_organisation TO havre_app;
GRANT SELECT ON audience_organisation TO havre_auditor;
GRANT SELECT ON audience_organisation TO havre_worker;

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
CREATE INDEX batch_by_acceptance ON public.batch USING btree (accepted_at, batch_id);
CREATE INDEX batch_by_expiry ON public.batch USING btree (expires_at, batch_id);
CREATE TRIGGER batch_append_only BEFORE DELETE OR TRUNCATE ON public.batch FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER batch_keeps_digest AFTER UPDATE OF document_sha256 ON public.batch FOR EACH ROW WHEN ((old.document_sha256 <> new.document_sha256)) EXECUTE FUNCTION keep_document_digest();
CREATE TRIGGER batch_only_erased BEFORE UPDATE ON public.batch FOR EACH ROW EXECUTE FUNCTION refuse_change_but_erasure();
GRANT INSERT, SELECT ON batch TO havre_app;
GRANT SELECT ON batch TO havre_sequencer;
GRANT SELECT (acceptance_sha256, accepted_at, batch_id, document_sha256, entry_id, entry_position, expires_at, head_length, head_sha256, jti, manifest_sha256, origin_id, record_count, seq, stream_id) ON batch TO havre_auditor;
GRANT SELECT (batch_id, jti, origin_id) ON batch TO havre_eraser;
GRANT SELECT (batch_id, entry_id, origin_id, stream_id) ON batch TO havre_worker;

CREATE TABLE challenge (
    sha256 bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT challenge_digest CHECK ((octet_length(sha256) = 32)),
    CONSTRAINT challenge_pk PRIMARY KEY (sha256)
);
CREATE INDEX challenge_by_expiry ON public.challenge USING btree (expires_at);
GRANT INSERT ON challenge TO havre_app;
GRANT DELETE ON challenge TO havre_worker;
GRANT SELECT (sha256) ON challenge TO havre_app;
GRANT SELECT (expires_at) ON challenge TO havre_worker;

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
GRANT SELECT ON channel TO havre_auditor;
GRANT SELECT ON channel TO havre_sequencer;
GRANT SELECT ON channel TO havre_worker;

CREATE TABLE checkpoint (
    epoch integer NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    peaks bytea NOT NULL,
    note text NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    CONSTRAINT checkpoint_pk PRIMARY KEY (epoch, size),
    CONSTRAINT checkpoint_root CHECK (((octet_length(root) = 32) AND ((octet_length(peaks) % 32) = 0))),
    CONSTRAINT checkpoint_size CHECK ((size >= 0))
);
CREATE INDEX checkpoint_by_size ON public.checkpoint USING btree (size);
CREATE TRIGGER checkpoint_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoint_grows BEFORE INSERT ON public.checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_shorter_head();
GRANT SELECT ON checkpoint TO havre_app;
GRANT SELECT ON checkpoint TO havre_auditor;
GRANT SELECT ON checkpoint TO havre_eraser;
GRANT INSERT, SELECT ON checkpoint TO havre_sequencer;
GRANT SELECT ON checkpoint TO havre_worker;

CREATE TABLE cosignature (
    epoch integer NOT NULL,
    size bigint NOT NULL,
    witness text NOT NULL,
    line text NOT NULL,
    cosigned_at timestamp with time zone NOT NULL,
    CONSTRAINT cosignature_pk PRIMARY KEY (epoch, size, witness)
);
CREATE INDEX cosignature_by_time ON public.cosignature USING btree (cosigned_at);
GRANT SELECT ON cosignature TO havre_app;
GRANT SELECT ON cosignature TO havre_auditor;
GRANT DELETE, INSERT, SELECT ON cosignature TO havre_worker;

CREATE TABLE directory (
    seq bigint NOT NULL,
    members_sha256 bytea NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    CONSTRAINT directory_pk PRIMARY KEY (seq)
);
GRANT INSERT, SELECT ON directory TO havre_app;

CREATE TABLE document_past (
    batch_id bigint NOT NULL,
    erased_at timestamp with time zone NOT NULL,
    document_sha256 bytea NOT NULL,
    CONSTRAINT document_past_digest CHECK ((octet_length(document_sha256) = 32)),
    CONSTRAINT document_past_pk PRIMARY KEY (batch_id, erased_at)
);
CREATE TRIGGER document_past_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.document_past FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON document_past TO havre_auditor;

CREATE TABLE entitlement (
    organisation_id integer NOT NULL,
    audience_id integer NOT NULL,
    epoch integer NOT NULL,
    from_index bigint NOT NULL,
    until_index bigint,
    floor bigint NOT NULL,
    past_from bigint NOT NULL,
    past_until bigint NOT NULL,
    reason text,
    CONSTRAINT entitlement_order CHECK ((until_index >= from_index)),
    CONSTRAINT entitlement_past CHECK (((past_from <= past_until) AND (past_until <= from_index))),
    CONSTRAINT entitlement_pk PRIMARY KEY (organisation_id, audience_id, epoch, from_index),
    CONSTRAINT entitlement_reason CHECK ((reason = ANY (ARRAY['left_group'::text, 'group_withdrawn'::text, 'group_expired'::text, 'sector_changed'::text])))
);
CREATE INDEX entitlement_by_ending ON public.entitlement USING btree (organisation_id, epoch, until_index) WHERE (reason IS NOT NULL);
CREATE INDEX entitlement_by_past ON public.entitlement USING btree (organisation_id, epoch, from_index) WHERE (past_from < past_until);
CREATE UNIQUE INDEX entitlement_one_open ON public.entitlement USING btree (organisation_id, audience_id, epoch) WHERE (until_index IS NULL);
GRANT SELECT ON entitlement TO havre_app;
GRANT SELECT ON entitlement TO havre_auditor;
GRANT INSERT, SELECT ON entitlement TO havre_sequencer;
GRANT SELECT ON entitlement TO havre_worker;
GRANT UPDATE (floor, reason, until_index) ON entitlement TO havre_sequencer;

CREATE TABLE entry (
    entry_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    organisation_id integer,
    keyid text,
    action text NOT NULL,
    decision text NOT NULL,
    reason text,
    leaf bytea NOT NULL,
    salt bytea,
    p bytea NOT NULL,
    document bytea,
    commitment bytea,
    erased_by uuid,
    CONSTRAINT entry_commitment CHECK ((octet_length(commitment) = 32)),
    CONSTRAINT entry_decision CHECK ((decision = ANY (ARRAY['allowed'::text, 'refused'::text]))),
    CONSTRAINT entry_digests CHECK (((octet_length(leaf) = 32) AND (octet_length(salt) = 32) AND (octet_length(p) = 32))),
    CONSTRAINT entry_is_whole_or_erased CHECK (
CASE
    WHEN (erased_by IS NULL) THEN ((document IS NOT NULL) AND (salt IS NOT NULL) AND (commitment IS NULL))
    ELSE ((document IS NULL) AND (salt IS NULL) AND (commitment IS NOT NULL) AND (keyid IS NULL) AND (organisation_id IS NULL) AND (reason IS NULL))
END),
    CONSTRAINT entry_leaf_unique UNIQUE (leaf),
    CONSTRAINT entry_pk PRIMARY KEY (entry_id)
);
CREATE TRIGGER entry_append_only BEFORE DELETE OR TRUNCATE ON public.entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_only_forgotten BEFORE UPDATE ON public.entry FOR EACH ROW EXECUTE FUNCTION refuse_change_but_forgetting();
GRANT INSERT, SELECT ON entry TO havre_app;
GRANT SELECT ON entry TO havre_auditor;
GRANT INSERT, SELECT ON entry TO havre_worker;

CREATE TABLE erasure (
    batch_id bigint NOT NULL,
    position integer NOT NULL,
    origin_id integer NOT NULL,
    record_id uuid NOT NULL,
    leaf bytea NOT NULL,
    reason text NOT NULL,
    marked_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    entry_id uuid,
    masked_by uuid,
    CONSTRAINT erasure_is_entered CHECK (((erased_at IS NULL) = (entry_id IS NULL))),
    CONSTRAINT erasure_leaf CHECK ((octet_length(leaf) = 32)),
    CONSTRAINT erasure_pk PRIMARY KEY (batch_id, "position"),
    CONSTRAINT erasure_reason CHECK ((reason = ANY (ARRAY['legal'::text, 'withdrawn'::text, 'replaced'::text, 'expired'::text])))
);
CREATE INDEX erasure_masked ON public.erasure USING btree (batch_id, "position") WHERE ((erased_at IS NULL) AND (reason = 'legal'::text));
CREATE INDEX erasure_waiting ON public.erasure USING btree (batch_id, "position") WHERE (erased_at IS NULL);
CREATE TRIGGER erasure_says_masked_by BEFORE INSERT OR UPDATE OF reason ON public.erasure FOR EACH ROW WHEN ((new.reason = 'legal'::text)) EXECUTE FUNCTION say_masked_by();
GRANT SELECT ON erasure TO havre_app;
GRANT SELECT ON erasure TO havre_auditor;
GRANT SELECT ON erasure TO havre_eraser;

CREATE TABLE feed (
    epoch integer NOT NULL,
    index bigint NOT NULL,
    position integer NOT NULL,
    batch_id bigint NOT NULL,
    audience_id integer NOT NULL,
    origin_id integer NOT NULL,
    about_id integer,
    kind text NOT NULL,
    CONSTRAINT feed_pk PRIMARY KEY (epoch, index, "position")
);
CREATE UNIQUE INDEX feed_batch_once ON public.feed USING btree (batch_id);
CREATE INDEX feed_by_about ON public.feed USING btree (about_id, epoch, index, "position") WHERE (about_id IS NOT NULL);
CREATE INDEX feed_by_audience ON public.feed USING btree (audience_id, epoch, index, "position");
GRANT SELECT ON feed TO havre_app;
GRANT SELECT ON feed TO havre_auditor;
GRANT INSERT, SELECT ON feed TO havre_sequencer;
GRANT SELECT ON feed TO havre_worker;

CREATE TABLE group_joining (
    owner_id integer NOT NULL,
    group_id uuid NOT NULL,
    organisation_id integer NOT NULL,
    from_index bigint NOT NULL,
    CONSTRAINT group_joining_pk PRIMARY KEY (owner_id, group_id, organisation_id)
);
GRANT SELECT ON group_joining TO havre_auditor;
GRANT DELETE, INSERT, SELECT, UPDATE ON group_joining TO havre_sequencer;

CREATE TABLE group_member (
    owner_id integer NOT NULL,
    group_id uuid NOT NULL,
    organisation_id integer NOT NULL,
    role text NOT NULL,
    CONSTRAINT group_member_group FOREIGN KEY (owner_id, group_id) REFERENCES sharing_group(owner_id, group_id),
    CONSTRAINT group_member_organisation FOREIGN KEY (organisation_id) REFERENCES organisation(organisation_id),
    CONSTRAINT group_member_pk PRIMARY KEY (owner_id, group_id, organisation_id),
    CONSTRAINT group_member_role CHECK ((role = ANY (ARRAY['member'::text, 'observer'::text])))
);
CREATE INDEX group_member_by_organisation ON public.group_member USING btree (organisation_id);
GRANT DELETE, INSERT, SELECT ON group_member TO havre_app;
GRANT SELECT ON group_member TO havre_auditor;
GRANT SELECT ON group_member TO havre_worker;
GRANT UPDATE (role) ON group_member TO havre_app;

CREATE TABLE invitation (
    invitation_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    organisation_id integer NOT NULL,
    jti uuid NOT NULL,
    holder text NOT NULL,
    roles text[] NOT NULL,
    inviter bytea NOT NULL,
    token_sha256 bytea NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    document text NOT NULL,
    CONSTRAINT invitation_digests CHECK (((octet_length(token_sha256) = 32) AND (octet_length(inviter) = 32))),
    CONSTRAINT invitation_inviter FOREIGN KEY (inviter) REFERENCES signing_key(thumbprint),
    CONSTRAINT invitation_jti_unique UNIQUE (organisation_id, jti),
    CONSTRAINT invitation_lifetime CHECK (((expires_at > issued_at) AND (expires_at <= (issued_at + '7 days'::interval)))),
    CONSTRAINT invitation_organisation FOREIGN KEY (organisation_id) REFERENCES organisation(organisation_id),
    CONSTRAINT invitation_pk PRIMARY KEY (invitation_id),
    CONSTRAINT invitation_roles CHECK ((((cardinality(roles) >= 1) AND (cardinality(roles) <= 2)) AND (roles <@ ARRAY['administrator'::text, 'auditor'::text, 'federation_auditor'::text]) AND (NOT (('administrator'::text = ANY (roles)) AND (roles && ARRAY['auditor'::text, 'federation_auditor'::text]))))),
    CONSTRAINT invitation_says_who UNIQUE (invitation_id, organisation_id, holder, roles),
    CONSTRAINT invitation_token_unique UNIQUE (token_sha256)
);
CREATE INDEX invitation_by_holder ON public.invitation USING btree (organisation_id, holder);
CREATE TRIGGER invitation_stays_ended BEFORE UPDATE ON public.invitation FOR EACH ROW EXECUTE FUNCTION refuse_second_life();
GRANT INSERT, SELECT ON invitation TO havre_app;
GRANT UPDATE (ended_at) ON invitation TO havre_app;

CREATE TABLE joining_change (
    entry_id uuid NOT NULL,
    owner_id integer NOT NULL,
    group_id uuid NOT NULL,
    organisation_id integer NOT NULL,
    is_member boolean NOT NULL,
    CONSTRAINT joining_change_pk PRIMARY KEY (entry_id, owner_id, group_id, organisation_id)
);
GRANT INSERT ON joining_change TO havre_app;
GRANT DELETE, SELECT ON joining_change TO havre_sequencer;
GRANT INSERT ON joining_change TO havre_worker;

CREATE TABLE legal_hold (
    hold_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    origin_id integer NOT NULL,
    record_id uuid,
    reason_token text NOT NULL,
    holder text NOT NULL,
    set_at timestamp with time zone NOT NULL,
    set_by uuid NOT NULL,
    lifted_at timestamp with time zone,
    lifted_by uuid,
    CONSTRAINT legal_hold_is_entered CHECK (((lifted_at IS NULL) = (lifted_by IS NULL))),
    CONSTRAINT legal_hold_origin FOREIGN KEY (origin_id) REFERENCES organisation(organisation_id),
    CONSTRAINT legal_hold_pk PRIMARY KEY (hold_id)
);
CREATE UNIQUE INDEX legal_hold_once ON public.legal_hold USING btree (origin_id, record_id) NULLS NOT DISTINCT WHERE (lifted_at IS NULL);
GRANT SELECT ON legal_hold TO havre_eraser;

CREATE TABLE log_head (
    is_this_log boolean NOT NULL DEFAULT true,
    epoch integer NOT NULL,
    size bigint NOT NULL,
    CONSTRAINT log_head_only_one CHECK (is_this_log),
    CONSTRAINT log_head_pk PRIMARY KEY (is_this_log)
);
GRANT SELECT ON log_head TO havre_app;
GRANT SELECT ON log_head TO havre_auditor;
GRANT SELECT ON log_head TO havre_sequencer;
GRANT SELECT ON log_head TO havre_worker;
GRANT UPDATE (size) ON log_head TO havre_sequencer;

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
GRANT SELECT ON node TO havre_auditor;
GRANT SELECT ON node TO havre_eraser;
GRANT SELECT ON node TO havre_sequencer;
GRANT SELECT ON node TO havre_worker;

CREATE TABLE nonce (
    thumbprint bytea NOT NULL,
    nonce bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT nonce_pk PRIMARY KEY (thumbprint, nonce)
);
CREATE INDEX nonce_by_expiry ON public.nonce USING btree (expires_at);
GRANT INSERT, SELECT ON nonce TO havre_app;
GRANT DELETE, SELECT ON nonce TO havre_worker;

CREATE TABLE opinion (
    origin_id integer NOT NULL,
    about_origin_id integer NOT NULL,
    about_record_id uuid NOT NULL,
    record_id uuid NOT NULL,
    verdict text NOT NULL,
    audience_id integer NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT opinion_about FOREIGN KEY (about_origin_id) REFERENCES organisation(organisation_id),
    CONSTRAINT opinion_audience FOREIGN KEY (audience_id) REFERENCES audience(audience_id),
    CONSTRAINT opinion_origin FOREIGN KEY (origin_id) REFERENCES organisation(organisation_id),
    CONSTRAINT opinion_pk PRIMARY KEY (origin_id, about_origin_id, about_record_id),
    CONSTRAINT opinion_record_once UNIQUE (origin_id, record_id),
    CONSTRAINT opinion_verdict CHECK ((verdict = ANY (ARRAY['seen'::text, 'confirmed'::text, 'disputed'::text, 'not_actionable'::text, 'outdated'::text])))
);
CREATE INDEX opinion_by_subject ON public.opinion USING btree (about_origin_id, about_record_id);
GRANT DELETE, INSERT, SELECT ON opinion TO havre_app;
GRANT UPDATE (audience_id, expires_at, record_id, verdict) ON opinion TO havre_app;
GRANT SELECT (about_origin_id, about_record_id, origin_id, record_id) ON opinion TO havre_auditor;

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
GRANT SELECT ON organisation TO havre_auditor;
GRANT SELECT ON organisation TO havre_sequencer;
GRANT SELECT ON organisation TO havre_worker;
GRANT UPDATE (admission_id, display_name, entitlement_version, home, home_origin_url, roles_at_most, root_x, sector, statement_id, status) ON organisation TO havre_app;
GRANT SELECT (name, organisation_id) ON organisation TO havre_eraser;
GRANT UPDATE (entitlement_version) ON organisation TO havre_worker;

CREATE TABLE passkey (
    passkey_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    person_id bigint NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea NOT NULL,
    is_synced boolean NOT NULL,
    sign_count bigint NOT NULL,
    added_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT passkey_credential CHECK (((octet_length(credential_id) >= 16) AND (octet_length(credential_id) <= 1023))),
    CONSTRAINT passkey_credential_unique UNIQUE (credential_id),
    CONSTRAINT passkey_person FOREIGN KEY (person_id) REFERENCES person(person_id),
    CONSTRAINT passkey_pk PRIMARY KEY (passkey_id),
    CONSTRAINT passkey_public_key CHECK (((octet_length(public_key) >= 32) AND (octet_length(public_key) <= 2048)))
);
CREATE INDEX passkey_by_person ON public.passkey USING btree (person_id);
CREATE TRIGGER passkey_last_stays BEFORE UPDATE ON public.passkey FOR EACH ROW EXECUTE FUNCTION keep_passkeys();
CREATE TRIGGER passkey_stays_ended BEFORE UPDATE ON public.passkey FOR EACH ROW EXECUTE FUNCTION refuse_second_life();
GRANT INSERT, SELECT ON passkey TO havre_app;
GRANT UPDATE (ended_at, sign_count, used_at) ON passkey TO havre_app;
GRANT SELECT (person_id, public_key) ON passkey TO havre_auditor;

CREATE TABLE person (
    person_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    invitation_id bigint NOT NULL,
    organisation_id integer NOT NULL,
    holder text NOT NULL,
    roles text[] NOT NULL,
    user_handle bytea NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT person_handle CHECK ((octet_length(user_handle) = 32)),
    CONSTRAINT person_handle_unique UNIQUE (user_handle),
    CONSTRAINT person_invited_once UNIQUE (invitation_id),
    CONSTRAINT person_pk PRIMARY KEY (person_id),
    CONSTRAINT person_was_invited FOREIGN KEY (invitation_id, organisation_id, holder, roles) REFERENCES invitation(invitation_id, organisation_id, holder, roles)
);
CREATE UNIQUE INDEX person_one_of_a_holder ON public.person USING btree (organisation_id, holder) WHERE (ended_at IS NULL);
CREATE TRIGGER person_stays_ended BEFORE UPDATE ON public.person FOR EACH ROW EXECUTE FUNCTION refuse_second_life();
GRANT INSERT, SELECT ON person TO havre_app;
GRANT UPDATE (ended_at) ON person TO havre_app;
GRANT SELECT (holder, organisation_id, person_id) ON person TO havre_auditor;

CREATE TABLE placed (
    epoch integer NOT NULL,
    index bigint NOT NULL,
    entry_id uuid NOT NULL,
    leaf bytea NOT NULL,
    CONSTRAINT placed_entry_once UNIQUE (entry_id),
    CONSTRAINT placed_pk PRIMARY KEY (index)
);
CREATE TRIGGER placed_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.placed FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON placed TO havre_app;
GRANT SELECT ON placed TO havre_auditor;
GRANT INSERT, SELECT ON placed TO havre_sequencer;
GRANT SELECT ON placed TO havre_worker;

CREATE TABLE publication (
    one boolean NOT NULL,
    epoch integer NOT NULL,
    size bigint NOT NULL,
    note text,
    is_cosigned boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT publication_cosigned CHECK (((note IS NOT NULL) OR (NOT is_cosigned))),
    CONSTRAINT publication_one CHECK (one),
    CONSTRAINT publication_pk PRIMARY KEY (one)
);
GRANT SELECT ON publication TO havre_app;
GRANT SELECT ON publication TO havre_auditor;
GRANT DELETE, INSERT, SELECT, UPDATE ON publication TO havre_worker;

CREATE TABLE rate (
    subject text NOT NULL,
    act text NOT NULL,
    tokens double precision NOT NULL,
    granted integer NOT NULL,
    refilled_at timestamp with time zone NOT NULL,
    CONSTRAINT rate_pk PRIMARY KEY (subject, act),
    CONSTRAINT rate_tokens CHECK (((tokens >= (0)::double precision) AND (granted >= 0)))
);
GRANT INSERT, SELECT ON rate TO havre_app;
GRANT DELETE, SELECT ON rate TO havre_worker;
GRANT UPDATE (granted, refilled_at, tokens) ON rate TO havre_app;

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
CREATE INDEX record_by_batch ON public.record USING brin (batch_id int8_minmax_multi_ops) WITH (autosummarize='on', pages_per_range='32');
CREATE UNIQUE INDEX record_value_once ON public.record USING btree (channel_id, signal_type, value) WHERE (is_current AND (NOT is_withdrawn) AND (value IS NOT NULL));
GRANT INSERT, SELECT ON record TO havre_app;
GRANT UPDATE (is_current) ON record TO havre_app;
GRANT SELECT (batch_id, channel_id, is_current, is_withdrawn, leaf, origin_id, position, record_id, revision) ON record TO havre_auditor;

CREATE TABLE retention_progress (
    order_of text NOT NULL,
    until_at timestamp with time zone NOT NULL,
    batch_id bigint NOT NULL,
    CONSTRAINT retention_progress_order CHECK ((order_of = ANY (ARRAY['expiry'::text, 'acceptance'::text]))),
    CONSTRAINT retention_progress_pk PRIMARY KEY (order_of)
);

CREATE TABLE served_masked (
    entry_id uuid NOT NULL,
    batch_id bigint NOT NULL,
    document_sha256 bytea NOT NULL,
    stored_sha256 bytea NOT NULL,
    CONSTRAINT served_masked_digests CHECK (((octet_length(document_sha256) = 32) AND (octet_length(stored_sha256) = 32))),
    CONSTRAINT served_masked_pk PRIMARY KEY (entry_id, batch_id)
);
CREATE TRIGGER served_masked_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.served_masked FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT ON served_masked TO havre_app;
GRANT SELECT ON served_masked TO havre_auditor;

CREATE TABLE session (
    session_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    token_sha256 bytea NOT NULL,
    passkey_id bigint NOT NULL,
    signed_in_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT session_passkey FOREIGN KEY (passkey_id) REFERENCES passkey(passkey_id),
    CONSTRAINT session_pk PRIMARY KEY (session_id),
    CONSTRAINT session_token CHECK ((octet_length(token_sha256) = 32)),
    CONSTRAINT session_token_unique UNIQUE (token_sha256)
);
CREATE INDEX session_by_passkey ON public.session USING btree (passkey_id);
CREATE INDEX session_by_sign_in ON public.session USING btree (signed_in_at);
CREATE TRIGGER session_stays_ended BEFORE UPDATE ON public.session FOR EACH ROW EXECUTE FUNCTION refuse_second_life();
GRANT INSERT, SELECT ON session TO havre_app;
GRANT DELETE ON session TO havre_worker;
GRANT UPDATE (confirmed_at, ended_at, seen_at) ON session TO havre_app;
GRANT SELECT (signed_in_at) ON session TO havre_worker;

CREATE TABLE sharing_group (
    owner_id integer NOT NULL,
    group_id uuid NOT NULL,
    revision bigint NOT NULL,
    history text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    is_live boolean NOT NULL,
    CONSTRAINT sharing_group_history CHECK ((history = ANY (ARRAY['all'::text, 'from_joining'::text]))),
    CONSTRAINT sharing_group_owner FOREIGN KEY (owner_id) REFERENCES organisation(organisation_id),
    CONSTRAINT sharing_group_pk PRIMARY KEY (owner_id, group_id)
);
CREATE INDEX sharing_group_by_expiry ON public.sharing_group USING btree (expires_at) WHERE is_live;
CREATE TRIGGER sharing_group_moves_forward BEFORE UPDATE ON public.sharing_group FOR EACH ROW EXECUTE FUNCTION refuse_revival();
GRANT INSERT, SELECT ON sharing_group TO havre_app;
GRANT SELECT ON sharing_group TO havre_auditor;
GRANT SELECT ON sharing_group TO havre_worker;
GRANT UPDATE (expires_at, is_live, revision) ON sharing_group TO havre_app;
GRANT UPDATE (is_live) ON sharing_group TO havre_worker;

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
GRANT SELECT ON signing_key TO havre_auditor;
GRANT SELECT ON signing_key TO havre_sequencer;
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
GRANT SELECT ON statement TO havre_auditor;

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
GRANT SELECT ON stream TO havre_auditor;
GRANT SELECT ON stream TO havre_sequencer;
GRANT SELECT ON stream TO havre_worker;
GRANT UPDATE (accepted_at, head_sha256, seq, statement_seq) ON stream TO havre_app;

CREATE TABLE tile (
    level integer NOT NULL,
    tile_index bigint NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT tile_level CHECK (((level >= 1) AND (level <= 63))),
    CONSTRAINT tile_pk PRIMARY KEY (level, tile_index),
    CONSTRAINT tile_width CHECK ((((octet_length(hashes) >= 32) AND (octet_length(hashes) <= 8192)) AND ((octet_length(hashes) % 32) = 0)))
);
CREATE TRIGGER tile_grows BEFORE UPDATE ON public.tile FOR EACH ROW EXECUTE FUNCTION refuse_other_tile();
CREATE TRIGGER tile_stays BEFORE DELETE OR TRUNCATE ON public.tile FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON tile TO havre_app;
GRANT SELECT ON tile TO havre_auditor;
GRANT SELECT ON tile TO havre_eraser;
GRANT INSERT, SELECT ON tile TO havre_sequencer;
GRANT SELECT ON tile TO havre_worker;
GRANT UPDATE (hashes) ON tile TO havre_sequencer;

CREATE TABLE trail_combination (
    combination_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    organisation text,
    organisation_id integer,
    keyid text,
    role text,
    action text NOT NULL,
    decision text NOT NULL,
    reason text,
    purpose text,
    CONSTRAINT trail_combination_pk PRIMARY KEY (combination_id),
    CONSTRAINT trail_combination_unique UNIQUE NULLS NOT DISTINCT (organisation, organisation_id, keyid, role, action, decision, reason, purpose)
);
GRANT SELECT ON trail_combination TO havre_auditor;
GRANT DELETE, INSERT, SELECT, TRUNCATE ON trail_combination TO havre_worker;

CREATE TABLE trail_day (
    scope_id integer NOT NULL,
    combination_id integer NOT NULL,
    day date NOT NULL,
    entries bigint NOT NULL,
    CONSTRAINT trail_day_pk PRIMARY KEY (scope_id, combination_id, day)
);
GRANT SELECT ON trail_day TO havre_auditor;
GRANT DELETE, INSERT, SELECT, TRUNCATE, UPDATE ON trail_day TO havre_worker;

CREATE TABLE trail_day_total (
    scope_id integer NOT NULL,
    day date NOT NULL,
    allowed bigint NOT NULL,
    refused bigint NOT NULL,
    CONSTRAINT trail_day_total_pk PRIMARY KEY (scope_id, day)
);
GRANT SELECT ON trail_day_total TO havre_auditor;
GRANT DELETE, INSERT, SELECT, TRUNCATE, UPDATE ON trail_day_total TO havre_worker;

CREATE TABLE trail_entry (
    index bigint NOT NULL,
    entry_id uuid NOT NULL,
    leaf bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    combination_id integer,
    response_status integer,
    records bigint,
    first_place bigint[],
    last_place bigint[],
    filter_kind text,
    filter_origin_id integer,
    filter_own boolean,
    places int8range,
    CONSTRAINT trail_entry_each_place CHECK (((cardinality(first_place) = 4) AND (cardinality(last_place) = 4))),
    CONSTRAINT trail_entry_pk PRIMARY KEY (index)
);
CREATE INDEX trail_entry_by_age ON public.trail_entry USING btree (at) WHERE (combination_id IS NOT NULL);
CREATE INDEX trail_entry_by_places ON public.trail_entry USING gist (places) WHERE ((places IS NOT NULL) AND (first_place[2] <> last_place[2]));
CREATE INDEX trail_entry_with_places ON public.trail_entry USING btree (combination_id, index) WHERE (first_place IS NOT NULL);
CREATE INDEX trail_entry_within_one_m ON public.trail_entry USING gist (int8range((((lower(places) >> 40) << 40) + first_place[3]), (((lower(places) >> 40) << 40) + last_place[3]), '[]'::text)) WHERE ((places IS NOT NULL) AND (first_place[2] = last_place[2]));
GRANT SELECT ON trail_entry TO havre_auditor;
GRANT DELETE, INSERT, SELECT, TRUNCATE ON trail_entry TO havre_worker;
GRANT SELECT (at, combination_id, index, leaf) ON trail_entry TO havre_eraser;

CREATE TABLE trail_posting (
    scope_id integer NOT NULL,
    combination_id integer NOT NULL,
    index bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT trail_posting_in_order UNIQUE (scope_id, index) INCLUDE (combination_id, at),
    CONSTRAINT trail_posting_pk PRIMARY KEY (scope_id, combination_id, index)
);
GRANT SELECT ON trail_posting TO havre_auditor;
GRANT DELETE, INSERT, SELECT, TRUNCATE ON trail_posting TO havre_worker;

CREATE TABLE trail_progress (
    is_this_trail boolean NOT NULL DEFAULT true,
    next_index bigint NOT NULL,
    renewals bigint NOT NULL,
    CONSTRAINT trail_progress_only_one CHECK (is_this_trail),
    CONSTRAINT trail_progress_pk PRIMARY KEY (is_this_trail)
);
GRANT SELECT ON trail_progress TO havre_app;
GRANT SELECT ON trail_progress TO havre_auditor;
GRANT SELECT, UPDATE ON trail_progress TO havre_worker;

CREATE TABLE trail_record (
    origin text NOT NULL,
    record_id uuid NOT NULL,
    index bigint NOT NULL,
    CONSTRAINT trail_record_pk PRIMARY KEY (origin, record_id, index)
);
CREATE INDEX trail_record_by_index ON public.trail_record USING btree (index);
GRANT SELECT ON trail_record TO havre_auditor;
GRANT DELETE, INSERT, SELECT, TRUNCATE ON trail_record TO havre_worker;

CREATE TABLE trail_scope (
    scope_id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
    organisation text,
    of_records boolean NOT NULL,
    CONSTRAINT trail_scope_pk PRIMARY KEY (scope_id),
    CONSTRAINT trail_scope_unique UNIQUE NULLS NOT DISTINCT (organisation, of_records)
);
GRANT SELECT ON trail_scope TO havre_auditor;
GRANT DELETE, INSERT, SELECT, TRUNCATE ON trail_scope TO havre_worker;

CREATE TABLE trail_span (
    is_day boolean NOT NULL,
    begins_at timestamp with time zone NOT NULL,
    first_index bigint NOT NULL,
    last_index bigint NOT NULL,
    CONSTRAINT trail_span_order CHECK ((first_index <= last_index)),
    CONSTRAINT trail_span_pk PRIMARY KEY (is_day, begins_at)
);
GRANT SELECT ON trail_span TO havre_auditor;
GRANT DELETE, INSERT, SELECT, TRUNCATE, UPDATE ON trail_span TO havre_worker;

CREATE TABLE trail_tally (
    scope_id integer NOT NULL,
    combination_id integer NOT NULL,
    entries bigint NOT NULL,
    CONSTRAINT trail_tally_pk PRIMARY KEY (scope_id, combination_id)
);
GRANT SELECT ON trail_tally TO havre_auditor;
GRANT DELETE, INSERT, SELECT, TRUNCATE, UPDATE ON trail_tally TO havre_worker;

CREATE TABLE unplaced (
    unplaced_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    entry_id uuid NOT NULL,
    leaf bytea NOT NULL,
    CONSTRAINT unplaced_pk PRIMARY KEY (unplaced_id)
);
GRANT INSERT, SELECT ON unplaced TO havre_app;
GRANT DELETE, SELECT ON unplaced TO havre_sequencer;
GRANT INSERT ON unplaced TO havre_worker;

CREATE TABLE used_approval (
    operator text NOT NULL,
    jti uuid NOT NULL,
    admission_id bigint NOT NULL,
    CONSTRAINT used_approval_admission FOREIGN KEY (admission_id) REFERENCES admission(admission_id),
    CONSTRAINT used_approval_pk PRIMARY KEY (operator, jti)
);
CREATE TRIGGER used_approval_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.used_approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT ON used_approval TO havre_app;
GRANT SELECT ON used_approval TO havre_auditor;

CREATE TABLE witness_evidence (
    evidence_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    origin text NOT NULL,
    kind text NOT NULL,
    known_note text NOT NULL,
    other_note text NOT NULL,
    other_size bigint NOT NULL,
    other_root bytea NOT NULL,
    found_at timestamp with time zone NOT NULL,
    CONSTRAINT witness_evidence_kind CHECK ((kind = ANY (ARRAY['same_size'::text, 'not_extended'::text]))),
    CONSTRAINT witness_evidence_once UNIQUE (origin, other_size, other_root),
    CONSTRAINT witness_evidence_pk PRIMARY KEY (evidence_id)
);
CREATE TRIGGER witness_evidence_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.witness_evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON witness_evidence TO havre_app;
GRANT SELECT ON witness_evidence TO havre_auditor;
GRANT SELECT ON witness_evidence TO havre_worker;

CREATE TABLE witnessed (
    origin text NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT witnessed_pk PRIMARY KEY (origin),
    CONSTRAINT witnessed_root CHECK ((octet_length(root) = 32)),
    CONSTRAINT witnessed_size CHECK ((size >= 0))
);
CREATE TRIGGER witnessed_forward_only BEFORE UPDATE ON public.witnessed FOR EACH ROW EXECUTE FUNCTION refuse_step_back();
CREATE TRIGGER witnessed_stays BEFORE DELETE OR TRUNCATE ON public.witnessed FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT INSERT, SELECT ON witnessed TO havre_app;
GRANT SELECT ON witnessed TO havre_auditor;
GRANT SELECT ON witnessed TO havre_worker;
GRANT UPDATE (at, note, root, size) ON witnessed TO havre_app;

CREATE OR REPLACE FUNCTION public.acceptances_beside(of_batch bigint)
 RETURNS TABLE(entry_position integer, acceptance_sha256 bytea)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT beside.entry_position, beside.acceptance_sha256
      FROM public.batch
      JOIN public.batch AS beside USING (entry_id)
     WHERE batch.batch_id = of_batch
     ORDER BY beside.entry_position
$function$;

CREATE OR REPLACE FUNCTION public.erase_entries(at_indexes bigint[], keep interval, entry_document bytea, entry_salt bytea)
 RETURNS bytea
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.erase_lines(of_batch bigint, at_positions integer[], entry_document bytea, entry_salt bytea)
 RETURNS bytea
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.forget_indexed(indexes bigint[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.has_accepted(of_organisation integer, by_keys bytea[], since timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT EXISTS (SELECT FROM public.batch
                    WHERE batch.origin_id = of_organisation
                      AND batch.record_key = ANY (by_keys)
                      AND batch.accepted_at >= since)
        OR EXISTS (SELECT
                     FROM public.node
                     JOIN public.batch ON batch.node_key = ANY (by_keys)
                    WHERE node.organisation_id = of_organisation
                      AND batch.accepted_at >= since)
$function$;

CREATE OR REPLACE FUNCTION public.keep_document_digest()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    INSERT INTO public.document_past (batch_id, erased_at, document_sha256)
    VALUES (OLD.batch_id, now(), OLD.document_sha256);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION public.keep_passkeys()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.sign_count < OLD.sign_count THEN
        RAISE EXCEPTION 'a counter only rises' USING ERRCODE = 'check_violation', CONSTRAINT = 'passkey_counter_rises';
    END IF;
    IF NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL THEN
        -- Two that remove one each take turns.
        PERFORM FROM public.person WHERE person_id = OLD.person_id AND ended_at IS NULL FOR UPDATE;
        IF FOUND AND NOT EXISTS (SELECT FROM public.passkey
                                  WHERE person_id = OLD.person_id AND passkey_id <> OLD.passkey_id AND ended_at IS NULL) THEN
            RAISE EXCEPTION 'the last passkey stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'passkey_last_stays';
        END IF;
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.leaf_data(start bigint, stop bigint)
 RETURNS TABLE(index bigint, data bytea)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT placed.index, coalesce(entry.commitment, sha256(entry.salt || entry.document)) || entry.p
      FROM public.placed
      JOIN public.entry USING (entry_id)
     WHERE placed.index >= start AND placed.index < stop
     ORDER BY placed.index
$function$;

CREATE OR REPLACE FUNCTION public.leaf_index(of_leaf bytea)
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT placed.index FROM public.entry JOIN public.placed USING (entry_id) WHERE entry.leaf = of_leaf
$function$;

CREATE OR REPLACE FUNCTION public.mark_expired(keep interval, most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.mark_legal(of_origin integer, ids uuid[], marked timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.mark_replaced(keep interval, most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.may_forget(of_index bigint, before timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'this table is append-only' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_change_but_erasure()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_change_but_forgetting()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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

CREATE OR REPLACE FUNCTION public.refuse_other_tile()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.level <> OLD.level OR NEW.tile_index <> OLD.tile_index
        OR substring(NEW.hashes FOR octet_length(OLD.hashes)) <> OLD.hashes THEN
        RAISE EXCEPTION 'a tile only grows' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'tile_grows';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_revival()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF (NEW.is_live AND NOT OLD.is_live) OR NEW.history <> OLD.history OR NEW.revision < OLD.revision THEN
        RAISE EXCEPTION 'a group that has ended stays ended' USING ERRCODE = 'check_violation', CONSTRAINT = 'sharing_group_moves_forward';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_second_life()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'what has ended stays ended' USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_stays_ended';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_shorter_head()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF EXISTS (SELECT FROM checkpoint WHERE epoch > NEW.epoch OR (epoch = NEW.epoch AND size > NEW.size)) THEN
        RAISE EXCEPTION 'a head is never shorter' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'checkpoint_grows';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.refuse_step_back()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root) THEN
        RAISE EXCEPTION 'a witness goes forward only' USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'witnessed_forward_only';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION public.say_masked_by()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION public.served_organisation()
 RETURNS integer
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (NULLIF(current_setting('havre.organisation'::text, true), ''::text))::integer;

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
