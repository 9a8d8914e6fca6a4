-- Why: people look at the trail: invited once by an administrator's key, known by their passkeys, never by a password.
SET LOCAL lock_timeout = '5s';

-- 1. Invitations and persons ---------------------------------------------------------------------------------

-- `document` is what an administrator signed. The link that it became is kept as a digest alone: who reads the database
-- cannot use it. Who checks is never who acts: the roles that the protocol keeps apart are apart here too.
CREATE TABLE invitation (
    invitation_id   bigint      GENERATED ALWAYS AS IDENTITY,
    organisation_id integer     NOT NULL,
    jti             uuid        NOT NULL,
    holder          text        NOT NULL,
    roles           text[]      NOT NULL,
    inviter         bytea       NOT NULL,
    token_sha256    bytea       NOT NULL,
    issued_at       timestamptz NOT NULL,
    received_at     timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    ended_at        timestamptz,
    document        text        NOT NULL,
    CONSTRAINT invitation_pk PRIMARY KEY (invitation_id),
    CONSTRAINT invitation_jti_unique UNIQUE (organisation_id, jti),
    CONSTRAINT invitation_token_unique UNIQUE (token_sha256),
    CONSTRAINT invitation_says_who UNIQUE (invitation_id, organisation_id, holder, roles),
    CONSTRAINT invitation_digests CHECK (octet_length(token_sha256) = 32 AND octet_length(inviter) = 32),
    CONSTRAINT invitation_lifetime CHECK (expires_at > issued_at AND expires_at <= issued_at + interval '7 days'),
    CONSTRAINT invitation_roles CHECK (
        cardinality(roles) BETWEEN 1 AND 2
        AND roles <@ ARRAY['administrator', 'auditor', 'federation_auditor']
        AND NOT ('administrator' = ANY (roles) AND roles && ARRAY['auditor', 'federation_auditor'])
    ),
    CONSTRAINT invitation_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (organisation_id),
    CONSTRAINT invitation_inviter FOREIGN KEY (inviter) REFERENCES signing_key (thumbprint)
);
CREATE INDEX invitation_by_holder ON invitation (organisation_id, holder);

-- A person is who an invitation says, with the roles that it says, and an invitation makes one person at most.
CREATE TABLE person (
    person_id       bigint      GENERATED ALWAYS AS IDENTITY,
    invitation_id   bigint      NOT NULL,
    organisation_id integer     NOT NULL,
    holder          text        NOT NULL,
    roles           text[]      NOT NULL,
    -- Random, and the only thing about a person that a passkey keeps.
    user_handle     bytea       NOT NULL,
    joined_at       timestamptz NOT NULL,
    ended_at        timestamptz,
    CONSTRAINT person_pk PRIMARY KEY (person_id),
    CONSTRAINT person_invited_once UNIQUE (invitation_id),
    CONSTRAINT person_handle_unique UNIQUE (user_handle),
    CONSTRAINT person_handle CHECK (octet_length(user_handle) = 32),
    CONSTRAINT person_was_invited FOREIGN KEY (invitation_id, organisation_id, holder, roles)
        REFERENCES invitation (invitation_id, organisation_id, holder, roles)
);
CREATE UNIQUE INDEX person_one_of_a_holder ON person (organisation_id, holder) WHERE ended_at IS NULL;

CREATE FUNCTION refuse_second_life() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
        RAISE EXCEPTION 'what has ended stays ended' USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_stays_ended';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invitation_stays_ended BEFORE UPDATE ON invitation FOR EACH ROW EXECUTE FUNCTION refuse_second_life();
CREATE TRIGGER person_stays_ended BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION refuse_second_life();

-- 2. Passkeys ------------------------------------------------------------------------------------------------

-- `public_key` is the COSE key as it was registered. A credential belongs to one person for ever.
CREATE TABLE passkey (
    passkey_id    bigint      GENERATED ALWAYS AS IDENTITY,
    person_id     bigint      NOT NULL,
    credential_id bytea       NOT NULL,
    public_key    bytea       NOT NULL,
    is_synced     boolean     NOT NULL,
    sign_count    bigint      NOT NULL,
    added_at      timestamptz NOT NULL,
    used_at       timestamptz NOT NULL,
    ended_at      timestamptz,
    CONSTRAINT passkey_pk PRIMARY KEY (passkey_id),
    CONSTRAINT passkey_credential_unique UNIQUE (credential_id),
    CONSTRAINT passkey_credential CHECK (octet_length(credential_id) BETWEEN 16 AND 1023),
    CONSTRAINT passkey_public_key CHECK (octet_length(public_key) BETWEEN 32 AND 2048),
    CONSTRAINT passkey_person FOREIGN KEY (person_id) REFERENCES person (person_id)
);
CREATE INDEX passkey_by_person ON passkey (person_id);
CREATE TRIGGER passkey_stays_ended BEFORE UPDATE ON passkey FOR EACH ROW EXECUTE FUNCTION refuse_second_life();

-- A counter that went back is a copy of the passkey; and the last one goes only with its person.
CREATE FUNCTION keep_passkeys() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;
CREATE TRIGGER passkey_last_stays BEFORE UPDATE ON passkey FOR EACH ROW EXECUTE FUNCTION keep_passkeys();

-- 3. Sessions ------------------------------------------------------------------------------------------------

-- The token itself is in one browser's cookie and nowhere else. `confirmed_at` is when a passkey was last used for it.
CREATE TABLE session (
    session_id   bigint      GENERATED ALWAYS AS IDENTITY,
    token_sha256 bytea       NOT NULL,
    passkey_id   bigint      NOT NULL,
    signed_in_at timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL,
    confirmed_at timestamptz NOT NULL,
    ended_at     timestamptz,
    CONSTRAINT session_pk PRIMARY KEY (session_id),
    CONSTRAINT session_token_unique UNIQUE (token_sha256),
    CONSTRAINT session_token CHECK (octet_length(token_sha256) = 32),
    CONSTRAINT session_passkey FOREIGN KEY (passkey_id) REFERENCES passkey (passkey_id)
);
CREATE INDEX session_by_passkey ON session (passkey_id);
CREATE INDEX session_by_sign_in ON session (signed_in_at);
CREATE TRIGGER session_stays_ended BEFORE UPDATE ON session FOR EACH ROW EXECUTE FUNCTION refuse_second_life();

-- A challenge that was answered is not answered again. Nodes make them without a row; one that nobody answers leaves none.
CREATE TABLE challenge (
    sha256     bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT challenge_pk PRIMARY KEY (sha256),
    CONSTRAINT challenge_digest CHECK (octet_length(sha256) = 32)
);
CREATE INDEX challenge_by_expiry ON challenge (expires_at);

-- 4. Least grants ---------------------------------------------------------------------------------------------

GRANT SELECT, INSERT ON invitation, person, passkey, session TO havre_app;
GRANT INSERT ON challenge TO havre_app;
GRANT SELECT (sha256) ON challenge TO havre_app;
GRANT UPDATE (ended_at) ON invitation, person TO havre_app;
GRANT UPDATE (sign_count, used_at, ended_at) ON passkey TO havre_app;
GRANT UPDATE (seen_at, confirmed_at, ended_at) ON session TO havre_app;
-- What is long over: a session of last month says nothing that the trail does not say.
GRANT SELECT (signed_in_at), DELETE ON session TO havre_worker;
GRANT SELECT (expires_at), DELETE ON challenge TO havre_worker;
