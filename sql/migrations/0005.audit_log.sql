-- depends: 0004.voice_tickets

-- What happened to an account, for its owner and for whoever looks into an attack. Rows are added, never changed, and
-- leave by age alone: also those of a deleted account, whose bare id then points to nothing. So there is no foreign key.
CREATE TABLE audit_log (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind IN ('user', 'store')),
    principal_id uuid,
    session_id uuid,
    event text NOT NULL CHECK (event ~ '^[a-z][a-z_]{0,49}$'),
    outcome text NOT NULL CHECK (outcome IN ('ok', 'refused')),
    user_agent text NOT NULL CHECK (char_length(user_agent) <= 256),
    address text NOT NULL CHECK (char_length(address) <= 64),
    about jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(about) = 'object' AND octet_length(about::text) <= 1000)
);

COMMENT ON COLUMN audit_log.principal_id IS 'Null when nobody was recognised';

-- Read newest first, a page at a time.
CREATE INDEX audit_log_of_principal ON audit_log (principal_id, at DESC, id DESC) WHERE principal_id IS NOT NULL;
CREATE INDEX audit_log_at ON audit_log (at);

-- Not even our own code may rewrite it; whoever may drop the trigger can, and that is not us in a careless moment.
CREATE FUNCTION refuse_to_change_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '180 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit_log is append-only; rows leave after 180 days' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION refuse_to_change_audit_log();

CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_audit_log();

-- Why a session ended is for the code to name: features that end sessions come with reasons of their own.
-- squawk-ignore ban-drop-constraint
ALTER TABLE sessions DROP CONSTRAINT sessions_revoked_reason_check;
-- Left NOT VALID, which new rows heed: the old rows kept to a narrower rule.
ALTER TABLE sessions ADD CONSTRAINT sessions_revoked_reason_check
CHECK (revoked_reason ~ '^[a-z][a-z_]{0,49}$') NOT VALID;

-- Whatever ends a session tells every process, with the commit that ends it: what hangs on it must close.
CREATE FUNCTION tell_that_a_session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('session_ended', OLD.id::text);
    RETURN NULL;
END
$$;

CREATE TRIGGER sessions_tell_when_revoked AFTER UPDATE OF revoked_at ON sessions
FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
EXECUTE FUNCTION tell_that_a_session_ended();

CREATE TRIGGER sessions_tell_when_deleted AFTER DELETE ON sessions
FOR EACH ROW WHEN (OLD.revoked_at IS NULL)
EXECUTE FUNCTION tell_that_a_session_ended();
