-- Why: organisations share with named others and with groups. Who may have what is decided where it changes, and
-- takes its place in every feed at the index of that act's entry.
SET LOCAL lock_timeout = '5s';

-- 1. Whom an audience names ---------------------------------------------------------------------------------

-- A group is named by its owner and its record. Its own audience may be there before the group is.
CREATE TABLE audience_group (
    audience_id integer NOT NULL,
    owner_id    integer NOT NULL,
    group_id    uuid    NOT NULL,
    CONSTRAINT audience_group_pk PRIMARY KEY (audience_id, owner_id, group_id),
    CONSTRAINT audience_group_audience FOREIGN KEY (audience_id) REFERENCES audience (audience_id),
    CONSTRAINT audience_group_owner FOREIGN KEY (owner_id) REFERENCES organisation (organisation_id)
);
CREATE INDEX audience_group_by_group ON audience_group (owner_id, group_id);

CREATE TABLE audience_organisation (
    audience_id     integer NOT NULL,
    organisation_id integer NOT NULL,
    CONSTRAINT audience_organisation_pk PRIMARY KEY (audience_id, organisation_id),
    CONSTRAINT audience_organisation_audience FOREIGN KEY (audience_id) REFERENCES audience (audience_id),
    CONSTRAINT audience_organisation_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (organisation_id)
);

-- 2. Groups, as their newest revision has them --------------------------------------------------------------

CREATE TABLE sharing_group (
    owner_id   integer     NOT NULL,
    group_id   uuid        NOT NULL,
    revision   bigint      NOT NULL,
    history    text        NOT NULL,
    expires_at timestamptz NOT NULL,
    -- Withdrawn, or found expired: it never lives again.
    is_live    boolean     NOT NULL,
    CONSTRAINT sharing_group_pk PRIMARY KEY (owner_id, group_id),
    CONSTRAINT sharing_group_history CHECK (history IN ('all', 'from_joining')),
    CONSTRAINT sharing_group_owner FOREIGN KEY (owner_id) REFERENCES organisation (organisation_id)
);
CREATE INDEX sharing_group_by_expiry ON sharing_group (expires_at) WHERE is_live;
CREATE FUNCTION refuse_revival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.is_live AND NOT OLD.is_live) OR NEW.history <> OLD.history OR NEW.revision < OLD.revision THEN
        RAISE EXCEPTION 'a group that has ended stays ended' USING ERRCODE = 'check_violation', CONSTRAINT = 'sharing_group_moves_forward';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sharing_group_moves_forward BEFORE UPDATE ON sharing_group FOR EACH ROW EXECUTE FUNCTION refuse_revival();

CREATE TABLE group_member (
    owner_id        integer NOT NULL,
    group_id        uuid    NOT NULL,
    organisation_id integer NOT NULL,
    role            text    NOT NULL,
    CONSTRAINT group_member_pk PRIMARY KEY (owner_id, group_id, organisation_id),
    CONSTRAINT group_member_role CHECK (role IN ('member', 'observer')),
    CONSTRAINT group_member_group FOREIGN KEY (owner_id, group_id) REFERENCES sharing_group (owner_id, group_id),
    CONSTRAINT group_member_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (organisation_id)
);
CREATE INDEX group_member_by_organisation ON group_member (organisation_id);

-- 3. Who may have others' batches of an audience, as committed -----------------------------------------------

-- `ends_at` is when the last way to it runs out by itself ('infinity' where none does).
CREATE TABLE audience_access (
    organisation_id integer     NOT NULL,
    audience_id     integer     NOT NULL,
    history         text        NOT NULL,
    ends_at         timestamptz NOT NULL,
    CONSTRAINT audience_access_pk PRIMARY KEY (organisation_id, audience_id),
    CONSTRAINT audience_access_history CHECK (history IN ('all', 'from_joining')),
    CONSTRAINT audience_access_organisation FOREIGN KEY (organisation_id) REFERENCES organisation (organisation_id),
    CONSTRAINT audience_access_audience FOREIGN KEY (audience_id) REFERENCES audience (audience_id)
);
CREATE INDEX audience_access_by_audience ON audience_access (audience_id);

-- What an act changed in it; the sequencer opens and closes intervals by these, at the index of the act's entry.
-- `history` null: it ended, for `reason`. With both, something of it may have ended. Until the change has its place,
-- nothing of an audience is served where something may have ended.
CREATE TABLE access_change (
    entry_id        uuid    NOT NULL,
    organisation_id integer NOT NULL,
    audience_id     integer NOT NULL,
    history         text,
    reason          text,
    CONSTRAINT access_change_pk PRIMARY KEY (entry_id, organisation_id, audience_id),
    CONSTRAINT access_change_history CHECK (history IN ('all', 'from_joining')),
    CONSTRAINT access_change_reason CHECK (reason IN ('left_group', 'group_withdrawn', 'group_expired', 'sector_changed'))
);
CREATE INDEX access_change_by_audience ON access_change (organisation_id, audience_id);

-- Who joined or left which group by an act.
CREATE TABLE joining_change (
    entry_id        uuid    NOT NULL,
    owner_id        integer NOT NULL,
    group_id        uuid    NOT NULL,
    organisation_id integer NOT NULL,
    is_member       boolean NOT NULL,
    CONSTRAINT joining_change_pk PRIMARY KEY (entry_id, owner_id, group_id, organisation_id)
);

-- Since which index of the log an organisation is in a group; the sequencer's alone.
CREATE TABLE group_joining (
    owner_id        integer NOT NULL,
    group_id        uuid    NOT NULL,
    organisation_id integer NOT NULL,
    from_index      bigint  NOT NULL,
    CONSTRAINT group_joining_pk PRIMARY KEY (owner_id, group_id, organisation_id)
);

-- 4. Opinions ----------------------------------------------------------------------------------------------------

-- What an opinion is about, and what it says: the one that lives, of each organisation and record.
CREATE TABLE opinion (
    origin_id       integer     NOT NULL,
    about_origin_id integer     NOT NULL,
    about_record_id uuid        NOT NULL,
    record_id       uuid        NOT NULL,
    verdict         text        NOT NULL,
    audience_id     integer     NOT NULL,
    expires_at      timestamptz NOT NULL,
    CONSTRAINT opinion_pk PRIMARY KEY (origin_id, about_origin_id, about_record_id),
    CONSTRAINT opinion_record_once UNIQUE (origin_id, record_id),
    CONSTRAINT opinion_verdict CHECK (verdict IN ('seen', 'confirmed', 'disputed', 'not_actionable', 'outdated')),
    CONSTRAINT opinion_origin FOREIGN KEY (origin_id) REFERENCES organisation (organisation_id),
    CONSTRAINT opinion_about FOREIGN KEY (about_origin_id) REFERENCES organisation (organisation_id),
    CONSTRAINT opinion_audience FOREIGN KEY (audience_id) REFERENCES audience (audience_id)
);
CREATE INDEX opinion_by_subject ON opinion (about_origin_id, about_record_id);

-- 5. Least grants -----------------------------------------------------------------------------------------------

GRANT SELECT ON audience_group, audience_organisation, sharing_group, group_member, audience_access, access_change,
    opinion TO havre_app;
GRANT INSERT ON audience_group, audience_organisation, sharing_group, group_member, audience_access, access_change,
    joining_change, opinion TO havre_app;
GRANT UPDATE (revision, expires_at, is_live) ON sharing_group TO havre_app;
GRANT DELETE ON group_member, audience_access, opinion TO havre_app;
GRANT UPDATE (role) ON group_member TO havre_app;
GRANT UPDATE (history, ends_at) ON audience_access TO havre_app;
GRANT UPDATE (record_id, verdict, audience_id, expires_at) ON opinion TO havre_app;

GRANT SELECT, DELETE ON access_change, joining_change TO havre_sequencer;
GRANT SELECT ON audience_group TO havre_sequencer;
GRANT SELECT, INSERT, UPDATE, DELETE ON group_joining TO havre_sequencer;

-- The worker finds groups expired, and enters it.
GRANT SELECT ON organisation, node, log_head, entry, audience, audience_group, audience_organisation, sharing_group, group_member,
    audience_access TO havre_worker;
GRANT INSERT ON entry, unplaced, audience_access, access_change, joining_change TO havre_worker;
GRANT UPDATE (is_live) ON sharing_group TO havre_worker;
GRANT DELETE ON audience_access TO havre_worker;
GRANT UPDATE (history, ends_at) ON audience_access TO havre_worker;
GRANT UPDATE (entitlement_version) ON organisation TO havre_worker;
