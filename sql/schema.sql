-- What the migrations add up to, for reading. Made by `make schema`; nothing runs it.

CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;

COMMENT ON EXTENSION btree_gin IS 'support for indexing common datatypes in GIN';

CREATE EXTENSION IF NOT EXISTS fuzzystrmatch WITH SCHEMA public;

COMMENT ON EXTENSION fuzzystrmatch IS 'determine similarities and distance between strings';

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';

CREATE TYPE public.procrastinate_job_event_type AS ENUM (
    'deferred',
    'started',
    'deferred_for_retry',
    'failed',
    'succeeded',
    'cancelled',
    'abort_requested',
    'aborted',
    'scheduled',
    'retried'
);

CREATE TYPE public.procrastinate_job_status AS ENUM (
    'todo',
    'doing',
    'succeeded',
    'failed',
    'cancelled',
    'aborting',
    'aborted'
);

CREATE TYPE public.procrastinate_job_to_defer_v1 AS (
	queue_name character varying,
	task_name character varying,
	priority integer,
	lock text,
	queueing_lock text,
	args jsonb,
	scheduled_at timestamp with time zone
);

CREATE FUNCTION public.end_challenges_of_a_password() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM challenges WHERE NEW.id IN (user_id, store_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status = 'todo'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        IF abort THEN
            UPDATE procrastinate_jobs
            SET abort_requested = true,
                status = CASE status
                    WHEN 'todo' THEN 'cancelled'::procrastinate_job_status ELSE status
                END
            WHERE id = job_id AND status IN ('todo', 'doing')
            RETURNING id INTO _job_id;
        ELSE
            UPDATE procrastinate_jobs
            SET status = 'cancelled'::procrastinate_job_status
            WHERE id = job_id AND status = 'todo'
            RETURNING id INTO _job_id;
        END IF;
    END IF;
    RETURN _job_id;
END;
$$;

CREATE FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    job_ids bigint[];
BEGIN
    WITH inserted_jobs AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT (job).queue_name,
               (job).task_name,
               (job).priority,
               (job).lock,
               (job).queueing_lock,
               (job).args,
               (job).scheduled_at
        FROM unnest(jobs) AS job
        RETURNING id
    )
    SELECT array_agg(id) FROM inserted_jobs INTO job_ids;

    RETURN job_ids;
END;
$$;

CREATE FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
	_job_id bigint;
	_defer_id bigint;
BEGIN
    INSERT
        INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
        VALUES (_task_name, _periodic_id, _defer_timestamp)
        ON CONFLICT DO NOTHING
        RETURNING id into _defer_id;

    IF _defer_id IS NULL THEN
        RETURN NULL;
    END IF;

    UPDATE procrastinate_periodic_defers
        SET job_id = (
            SELECT COALESCE((
                SELECT unnest(procrastinate_defer_jobs_v1(
                    ARRAY[
                        ROW(
                            _queue_name,
                            _task_name,
                            _priority,
                            _lock,
                            _queueing_lock,
                            _args,
                            NULL::timestamptz
                        )
                    ]::procrastinate_job_to_defer_v1[]
                ))
            ), NULL)
        )
        WHERE id = _defer_id
        RETURNING job_id INTO _job_id;

    DELETE
        FROM procrastinate_periodic_defers
        USING (
            SELECT id
            FROM procrastinate_periodic_defers
            WHERE procrastinate_periodic_defers.task_name = _task_name
            AND procrastinate_periodic_defers.periodic_id = _periodic_id
            AND procrastinate_periodic_defers.defer_timestamp < _defer_timestamp
            ORDER BY id
            FOR UPDATE
        ) to_delete
        WHERE procrastinate_periodic_defers.id = to_delete.id;

    RETURN _job_id;
END;
$$;

CREATE TABLE public.procrastinate_jobs (
    id bigint NOT NULL,
    queue_name character varying(128) NOT NULL,
    task_name character varying(128) NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    lock text,
    queueing_lock text,
    args jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.procrastinate_job_status DEFAULT 'todo'::public.procrastinate_job_status NOT NULL,
    scheduled_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    abort_requested boolean DEFAULT false NOT NULL,
    worker_id bigint,
    CONSTRAINT check_not_todo_abort_requested CHECK ((NOT ((status = 'todo'::public.procrastinate_job_status) AND (abort_requested = true))))
);

CREATE FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) RETURNS public.procrastinate_jobs
    LANGUAGE plpgsql
    AS $$
DECLARE
	found_jobs procrastinate_jobs;
BEGIN
    WITH candidate AS (
        SELECT jobs.*
            FROM procrastinate_jobs AS jobs
            WHERE
                -- reject the job if its lock has earlier or higher priority jobs
                NOT EXISTS (
                    SELECT 1
                        FROM procrastinate_jobs AS other_jobs
                        WHERE
                            jobs.lock IS NOT NULL
                            AND other_jobs.lock = jobs.lock
                            AND (
                                -- job with same lock is already running
                                other_jobs.status = 'doing'
                                OR
                                -- job with same lock is waiting and has higher priority (or same priority but was queued first)
                                (
                                    other_jobs.status = 'todo'
                                    AND (
                                        other_jobs.priority > jobs.priority
                                        OR (
                                        other_jobs.priority = jobs.priority
                                        AND other_jobs.id < jobs.id
                                        )
                                    )
                                )
                            )
                )
                AND jobs.status = 'todo'
                AND (target_queue_names IS NULL OR jobs.queue_name = ANY( target_queue_names ))
                AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            ORDER BY jobs.priority DESC, jobs.id ASC LIMIT 1
            FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs
        SET status = 'doing', worker_id = p_worker_id
        FROM candidate
        WHERE procrastinate_jobs.id = candidate.id
        RETURNING procrastinate_jobs.* INTO found_jobs;

 RETURN found_jobs;
END;
$$;

CREATE FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF end_status NOT IN ('succeeded', 'failed', 'aborted') THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    END IF;
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = end_status,
            abort_requested = false,
            attempts = CASE status
                WHEN 'doing' THEN attempts + 1 ELSE attempts
            END
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END;
$$;

CREATE FUNCTION public.procrastinate_notify_queue_abort_job_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'abort_job_requested', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_notify_queue_job_inserted_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    DELETE FROM procrastinate_workers
    WHERE last_heartbeat < NOW() - (seconds_since_heartbeat || 'SECOND')::INTERVAL
    RETURNING procrastinate_workers.id;
END;
$$;

CREATE FUNCTION public.procrastinate_register_worker_v1() RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    INSERT INTO procrastinate_workers DEFAULT VALUES
    RETURNING procrastinate_workers.id;
END;
$$;

CREATE FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
BEGIN
    SELECT abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status = 'doing'
    FOR UPDATE
    INTO _abort_requested;
    IF _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
END;
$$;

CREATE FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
    _current_status procrastinate_job_status;
BEGIN
    SELECT status, abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status IN ('doing', 'failed')
    FOR UPDATE
    INTO _current_status, _abort_requested;
    IF _current_status = 'doing' AND _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status IN ('doing', 'failed')
        RETURNING id INTO _job_id;
    END IF;

    IF _job_id IS NULL THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;

END;
$$;

CREATE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'abort_requested'::procrastinate_job_event_type);
    RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type, at)
        VALUES (NEW.id, 'scheduled'::procrastinate_job_event_type, NEW.scheduled_at);

	RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'deferred'::procrastinate_job_event_type);
	RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_trigger_function_status_events_update_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH t AS (
        SELECT CASE
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND NEW.status = 'doing'::procrastinate_job_status
                THEN 'started'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'deferred_for_retry'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'failed'::procrastinate_job_status
                THEN 'failed'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'succeeded'::procrastinate_job_status
                THEN 'succeeded'::procrastinate_job_event_type
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND (
                    NEW.status = 'cancelled'::procrastinate_job_status
                    OR NEW.status = 'failed'::procrastinate_job_status
                    OR NEW.status = 'succeeded'::procrastinate_job_status
                )
                THEN 'cancelled'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'aborted'::procrastinate_job_status
                THEN 'aborted'::procrastinate_job_event_type
            WHEN OLD.status = 'failed'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'retried'::procrastinate_job_event_type
            ELSE NULL
        END as event_type
    )
    INSERT INTO procrastinate_events(job_id, type)
        SELECT NEW.id, t.event_type
        FROM t
        WHERE t.event_type IS NOT NULL;
	RETURN NEW;
END;
$$;

CREATE FUNCTION public.procrastinate_unlink_periodic_defers_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_periodic_defers
    SET job_id = NULL
    WHERE job_id = OLD.id;
    RETURN OLD;
END;
$$;

CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;

CREATE FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_workers
    SET last_heartbeat = NOW()
    WHERE id = worker_id;
END;
$$;

CREATE FUNCTION public.refuse_to_change_a_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE 'What was published stays as it was' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION public.refuse_to_change_audit_log() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '180 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit_log is append-only; rows leave after 180 days' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION public.sounds_of(words text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ARRAY(SELECT ("left"(word.word, 1) || public.dmetaphone(word.word)) FROM regexp_split_to_table(lower(sounds_of.words), '[^a-z]+'::text) word(word) WHERE (length(public.dmetaphone(word.word)) > 1));

CREATE FUNCTION public.tell_that_a_session_ended() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM pg_notify('session_ended', OLD.id::text);
    RETURN NULL;
END
$$;

CREATE TABLE public.api_keys (
    id uuid NOT NULL,
    store_id uuid NOT NULL,
    name text NOT NULL,
    ends_with text NOT NULL,
    sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT api_keys_ends_with_check CHECK ((char_length(ends_with) = 4)),
    CONSTRAINT api_keys_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT api_keys_scopes_check CHECK ((cardinality(scopes) > 0)),
    CONSTRAINT api_keys_sha256_check CHECK ((octet_length(sha256) = 32))
);

CREATE TABLE public.assistant_versions (
    assistant_id uuid NOT NULL,
    number integer NOT NULL,
    content jsonb NOT NULL,
    published_at timestamp with time zone NOT NULL,
    restored_from integer,
    CONSTRAINT assistant_versions_check CHECK ((restored_from < number)),
    CONSTRAINT assistant_versions_number_check CHECK ((number >= 1))
);

COMMENT ON COLUMN public.assistant_versions.restored_from IS 'The older version that this one repeats';

CREATE TABLE public.assistants (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    slug text NOT NULL,
    is_default boolean NOT NULL,
    draft jsonb NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    deleted_at timestamp with time zone
);

COMMENT ON COLUMN public.assistants.revision IS 'Grows with each change of the draft, so that two editors notice each other';

COMMENT ON COLUMN public.assistants.deleted_at IS 'Conversations with it stay on record, and so does what they stood on';

CREATE TABLE public.audit_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    principal_id uuid,
    session_id uuid,
    event text NOT NULL,
    outcome text NOT NULL,
    user_agent text NOT NULL,
    address text NOT NULL,
    about jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT audit_log_about_check CHECK (((jsonb_typeof(about) = 'object'::text) AND (octet_length((about)::text) <= 1000))),
    CONSTRAINT audit_log_address_check CHECK ((char_length(address) <= 64)),
    CONSTRAINT audit_log_event_check CHECK ((event ~ '^[a-z][a-z_]{0,49}$'::text)),
    CONSTRAINT audit_log_kind_check CHECK ((kind = ANY (ARRAY['user'::text, 'store'::text]))),
    CONSTRAINT audit_log_outcome_check CHECK ((outcome = ANY (ARRAY['ok'::text, 'refused'::text]))),
    CONSTRAINT audit_log_user_agent_check CHECK ((char_length(user_agent) <= 256))
);

COMMENT ON COLUMN public.audit_log.principal_id IS 'Null when nobody was recognised';

CREATE UNLOGGED TABLE public.challenges (
    sha256 bytea NOT NULL,
    kind text NOT NULL,
    purpose text NOT NULL,
    user_id uuid,
    store_id uuid,
    session_id uuid,
    tries smallint DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT challenges_check CHECK ((num_nonnulls(user_id, store_id) =
CASE
    WHEN (purpose = 'passkey_login'::text) THEN 0
    ELSE 1
END)),
    CONSTRAINT challenges_check1 CHECK (((session_id IS NULL) = (purpose = ANY (ARRAY['login'::text, 'passkey_login'::text])))),
    CONSTRAINT challenges_kind_check CHECK ((kind = ANY (ARRAY['user'::text, 'store'::text]))),
    CONSTRAINT challenges_purpose_check CHECK ((purpose = ANY (ARRAY['login'::text, 'proof'::text, 'passkey_login'::text, 'passkey_registration'::text]))),
    CONSTRAINT challenges_sha256_check CHECK ((octet_length(sha256) = 32))
);

CREATE TABLE public.conversations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    assistant_id uuid NOT NULL,
    user_id uuid,
    channel text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    end_reason text,
    assistant_version integer,
    summary text,
    outcome text,
    direction text DEFAULT 'inbound'::text NOT NULL,
    caller_number text,
    fields jsonb,
    fields_missing text,
    CONSTRAINT conversations_check CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
    CONSTRAINT conversations_end_reason_check CHECK (((char_length(end_reason) >= 1) AND (char_length(end_reason) <= 60)))
);

COMMENT ON COLUMN public.conversations.assistant_version IS 'Null: the draft, which the store tried';

COMMENT ON COLUMN public.conversations.caller_number IS 'The number at the other end, E.164; null without a telephone, or when it is withheld';

COMMENT ON COLUMN public.conversations.fields IS 'By name; null where the assistant wanted none, or the call is not over';

COMMENT ON COLUMN public.conversations.fields_missing IS 'Why all of them are null';

CREATE TABLE public.daily_rooms (
    name text NOT NULL,
    place_id uuid NOT NULL,
    made boolean NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    CONSTRAINT daily_rooms_name_check CHECK ((name ~ '^[A-Za-z0-9_-]{1,128}$'::text))
);

CREATE UNLOGGED TABLE public.fresh_proofs (
    session_id uuid NOT NULL,
    proved_at timestamp with time zone NOT NULL
);

CREATE TABLE public.knowledge_entries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    store_id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    asked_as text NOT NULL,
    body text NOT NULL,
    price_cents integer,
    currency text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    search tsvector GENERATED ALWAYS AS (((setweight(to_tsvector('english'::regconfig, title), 'A'::"char") || setweight(to_tsvector('english'::regconfig, asked_as), 'B'::"char")) || setweight(to_tsvector('english'::regconfig, body), 'C'::"char"))) STORED NOT NULL,
    sounds text[] GENERATED ALWAYS AS (public.sounds_of(title)) STORED NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT knowledge_entries_asked_as_check CHECK ((char_length(asked_as) <= 1000)),
    CONSTRAINT knowledge_entries_body_check CHECK ((char_length(body) <= 2000)),
    CONSTRAINT knowledge_entries_check CHECK (((kind = 'price'::text) = (price_cents IS NOT NULL))),
    CONSTRAINT knowledge_entries_check1 CHECK (((price_cents IS NULL) = (currency IS NULL))),
    CONSTRAINT knowledge_entries_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT knowledge_entries_kind_check CHECK ((kind = ANY (ARRAY['answer'::text, 'price'::text]))),
    CONSTRAINT knowledge_entries_price_cents_check CHECK ((price_cents >= 0)),
    CONSTRAINT knowledge_entries_title_check CHECK (((char_length(title) >= 1) AND (char_length(title) <= 120)))
);

CREATE TABLE public.mail_tokens (
    sha256 bytea NOT NULL,
    user_id uuid,
    store_id uuid,
    account_id uuid GENERATED ALWAYS AS (COALESCE(user_id, store_id)) STORED NOT NULL,
    kind text GENERATED ALWAYS AS (
CASE
    WHEN (user_id IS NULL) THEN 'store'::text
    ELSE 'user'::text
END) STORED NOT NULL,
    purpose text NOT NULL,
    email text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT mail_tokens_check CHECK ((num_nonnulls(user_id, store_id) = 1)),
    CONSTRAINT mail_tokens_email_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 320))),
    CONSTRAINT mail_tokens_purpose_check CHECK ((purpose = ANY (ARRAY['reset_password'::text, 'verify_email'::text]))),
    CONSTRAINT mail_tokens_sha256_check CHECK ((octet_length(sha256) = 32))
);

CREATE TABLE public.messages (
    id uuid NOT NULL,
    store_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    name text,
    number text,
    text text NOT NULL,
    confirmed boolean NOT NULL,
    done_at timestamp with time zone,
    CONSTRAINT messages_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 80))),
    CONSTRAINT messages_number_check CHECK ((number ~ '^\+?[0-9]{1,19}$'::text)),
    CONSTRAINT messages_text_check CHECK (((char_length(text) >= 1) AND (char_length(text) <= 2000)))
);

COMMENT ON COLUMN public.messages.confirmed IS 'The caller heard it read back and said yes';

CREATE TABLE public.passkeys (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid,
    store_id uuid,
    account_id uuid GENERATED ALWAYS AS (COALESCE(user_id, store_id)) STORED NOT NULL,
    kind text GENERATED ALWAYS AS (
CASE
    WHEN (user_id IS NULL) THEN 'store'::text
    ELSE 'user'::text
END) STORED NOT NULL,
    rp_id text NOT NULL,
    credential_id bytea NOT NULL,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    transports text[] NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT passkeys_check CHECK ((num_nonnulls(user_id, store_id) = 1)),
    CONSTRAINT passkeys_credential_id_check CHECK (((octet_length(credential_id) >= 1) AND (octet_length(credential_id) <= 1023))),
    CONSTRAINT passkeys_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 80))),
    CONSTRAINT passkeys_public_key_check CHECK ((octet_length(public_key) <= 4096)),
    CONSTRAINT passkeys_rp_id_check CHECK (((char_length(rp_id) >= 1) AND (char_length(rp_id) <= 253))),
    CONSTRAINT passkeys_sign_count_check CHECK ((sign_count >= 0))
);

CREATE TABLE public.phone_calls (
    id uuid NOT NULL,
    provider text NOT NULL,
    provider_call_id text,
    store_id uuid NOT NULL,
    assistant text,
    direction text NOT NULL,
    number text NOT NULL,
    caller_number text,
    state text DEFAULT 'ringing'::text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    live_at timestamp with time zone,
    ended_at timestamp with time zone,
    end_reason text,
    streams integer DEFAULT 0 NOT NULL,
    held_until timestamp with time zone,
    greeting text,
    voicemail text,
    answered_by text,
    transferred_to text,
    briefing text,
    conversation_id uuid,
    duration_s integer,
    cost numeric(12,5),
    currency text,
    transfer_of uuid,
    recording text,
    CONSTRAINT phone_calls_answered_by_check CHECK ((char_length(answered_by) <= 40)),
    CONSTRAINT phone_calls_briefing_check CHECK ((char_length(briefing) <= 500)),
    CONSTRAINT phone_calls_check CHECK (((state = 'ended'::text) = (ended_at IS NOT NULL))),
    CONSTRAINT phone_calls_check1 CHECK (((ended_at IS NULL) = (end_reason IS NULL))),
    CONSTRAINT phone_calls_currency_check CHECK ((char_length(currency) = 3)),
    CONSTRAINT phone_calls_direction_check CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text]))),
    CONSTRAINT phone_calls_duration_s_check CHECK ((duration_s >= 0)),
    CONSTRAINT phone_calls_end_reason_check CHECK (((char_length(end_reason) >= 1) AND (char_length(end_reason) <= 60))),
    CONSTRAINT phone_calls_greeting_check CHECK ((char_length(greeting) <= 300)),
    CONSTRAINT phone_calls_provider_call_id_check CHECK (((char_length(provider_call_id) >= 1) AND (char_length(provider_call_id) <= 100))),
    CONSTRAINT phone_calls_provider_check CHECK ((provider = ANY (ARRAY['twilio'::text, 'daily'::text]))),
    CONSTRAINT phone_calls_state_check CHECK ((state = ANY (ARRAY['ringing'::text, 'live'::text, 'ended'::text]))),
    CONSTRAINT phone_calls_streams_check CHECK ((streams >= 0)),
    CONSTRAINT phone_calls_voicemail_check CHECK ((char_length(voicemail) <= 500))
);

COMMENT ON COLUMN public.phone_calls.number IS 'Ours';

COMMENT ON COLUMN public.phone_calls.caller_number IS 'The other one; null when it is withheld';

COMMENT ON COLUMN public.phone_calls.transfer_of IS 'Whose caller whoever is called here takes over; null for any other call';

COMMENT ON COLUMN public.phone_calls.recording IS 'The carrier''s id of the voicemail that is in the inbox; null without one';

CREATE TABLE public.phone_numbers (
    id uuid NOT NULL,
    number text NOT NULL,
    provider text NOT NULL,
    store_id uuid NOT NULL,
    assistant_id uuid,
    assigned_at timestamp with time zone NOT NULL,
    CONSTRAINT phone_numbers_number_check CHECK ((number ~ '^\+[1-9][0-9]{6,14}$'::text)),
    CONSTRAINT phone_numbers_provider_check CHECK ((provider = ANY (ARRAY['twilio'::text, 'daily'::text])))
);

CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);

CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;

CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;

CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);

CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;

CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE public.procrastinate_workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.procrastinate_workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.recovery_codes (
    sha256 bytea NOT NULL,
    user_id uuid,
    store_id uuid,
    account_id uuid GENERATED ALWAYS AS (COALESCE(user_id, store_id)) STORED NOT NULL,
    kind text GENERATED ALWAYS AS (
CASE
    WHEN (user_id IS NULL) THEN 'store'::text
    ELSE 'user'::text
END) STORED NOT NULL,
    CONSTRAINT recovery_codes_check CHECK ((num_nonnulls(user_id, store_id) = 1)),
    CONSTRAINT recovery_codes_sha256_check CHECK ((octet_length(sha256) = 32))
);

CREATE TABLE public.refresh_tokens (
    hash bytea NOT NULL,
    session_id uuid NOT NULL,
    generation bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT refresh_tokens_generation_check CHECK ((generation >= 0)),
    CONSTRAINT refresh_tokens_hash_check CHECK ((octet_length(hash) = 32))
);

CREATE TABLE public.saved_views (
    id uuid NOT NULL,
    store_id uuid NOT NULL,
    name text NOT NULL,
    filter jsonb NOT NULL,
    CONSTRAINT saved_views_filter_check CHECK ((jsonb_typeof(filter) = 'object'::text)),
    CONSTRAINT saved_views_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 60)))
);

CREATE TABLE public.sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid,
    store_id uuid,
    kind text GENERATED ALWAYS AS (
CASE
    WHEN (user_id IS NULL) THEN 'store'::text
    ELSE 'user'::text
END) STORED NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoked_reason text,
    user_agent text NOT NULL,
    address text NOT NULL,
    CONSTRAINT sessions_address_check CHECK ((char_length(address) <= 64)),
    CONSTRAINT sessions_check CHECK ((num_nonnulls(user_id, store_id) = 1)),
    CONSTRAINT sessions_check1 CHECK (((revoked_at IS NULL) = (revoked_reason IS NULL))),
    CONSTRAINT sessions_user_agent_check CHECK ((char_length(user_agent) <= 256))
);

CREATE TABLE public.stores (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    email_verified boolean DEFAULT false NOT NULL,
    CONSTRAINT stores_email_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 320))),
    CONSTRAINT stores_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 80))),
    CONSTRAINT stores_password_hash_check CHECK (((char_length(password_hash) >= 1) AND (char_length(password_hash) <= 255))),
    CONSTRAINT stores_slug_check CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (char_length(slug) <= 48)))
);

CREATE UNLOGGED TABLE public.throttle (
    key bytea NOT NULL,
    due_at timestamp with time zone NOT NULL,
    trusted_until timestamp with time zone,
    CONSTRAINT throttle_key_check CHECK ((octet_length(key) = 16))
)
WITH (fillfactor='50');

CREATE TABLE public.tool_calls (
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    name text NOT NULL,
    arguments jsonb NOT NULL,
    answer text NOT NULL,
    outcome text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    duration_ms integer NOT NULL,
    CONSTRAINT tool_calls_answer_check CHECK ((char_length(answer) <= 2000)),
    CONSTRAINT tool_calls_arguments_check CHECK ((jsonb_typeof(arguments) = 'object'::text)),
    CONSTRAINT tool_calls_duration_ms_check CHECK ((duration_ms >= 0)),
    CONSTRAINT tool_calls_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 64))),
    CONSTRAINT tool_calls_outcome_check CHECK ((outcome = ANY (ARRAY['ok'::text, 'failed'::text, 'timed_out'::text, 'invalid'::text, 'refused'::text, 'cancelled'::text])))
);

COMMENT ON COLUMN public.tool_calls.answer IS 'What was said or told to the model, or what went wrong';

CREATE TABLE public.totp_factors (
    user_id uuid,
    store_id uuid,
    account_id uuid GENERATED ALWAYS AS (COALESCE(user_id, store_id)) STORED NOT NULL,
    kind text GENERATED ALWAYS AS (
CASE
    WHEN (user_id IS NULL) THEN 'store'::text
    ELSE 'user'::text
END) STORED NOT NULL,
    sealed_secret bytea NOT NULL,
    enrolled_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    last_step bigint,
    tries smallint DEFAULT 0 NOT NULL,
    tries_since timestamp with time zone NOT NULL,
    CONSTRAINT totp_factors_check CHECK ((num_nonnulls(user_id, store_id) = 1)),
    CONSTRAINT totp_factors_sealed_secret_check CHECK ((octet_length(sealed_secret) <= 128))
);

COMMENT ON COLUMN public.totp_factors.last_step IS 'The newest time step whose code was accepted: no code counts twice';

COMMENT ON COLUMN public.totp_factors.tries IS 'Codes tried since tries_since; an accepted one begins anew';

CREATE TABLE public.turns (
    conversation_id uuid NOT NULL,
    "position" integer NOT NULL,
    speaker text NOT NULL,
    text text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    interrupted boolean NOT NULL,
    answered_by text,
    endpoint_ms integer,
    transcript_ms integer,
    first_token_ms integer,
    first_audio_ms integer,
    on_wire_ms integer,
    basis text,
    sources jsonb DEFAULT '[]'::jsonb NOT NULL,
    audio_start_ms integer,
    audio_end_ms integer,
    usage jsonb,
    unheard text DEFAULT ''::text NOT NULL,
    whispered boolean DEFAULT false NOT NULL,
    CONSTRAINT turns_answered_by_check CHECK ((answered_by = ANY (ARRAY['grounded'::text, 'model'::text]))),
    CONSTRAINT turns_endpoint_ms_check CHECK ((endpoint_ms >= 0)),
    CONSTRAINT turns_first_audio_ms_check CHECK ((first_audio_ms >= 0)),
    CONSTRAINT turns_first_token_ms_check CHECK ((first_token_ms >= 0)),
    CONSTRAINT turns_on_wire_ms_check CHECK ((on_wire_ms >= 0)),
    CONSTRAINT turns_position_check CHECK (("position" >= 0)),
    CONSTRAINT turns_text_check CHECK ((char_length(text) <= 10000)),
    CONSTRAINT turns_transcript_ms_check CHECK ((transcript_ms >= 0))
);

COMMENT ON COLUMN public.turns.basis IS 'null: no answer. unknown: "I don''t know". facts, nothing: what the model was given';

COMMENT ON COLUMN public.turns.usage IS 'Providers by name, and what they counted: what pipelines/conversations/records.py reads';

COMMENT ON COLUMN public.turns.whispered IS 'Staff told the assistant, unheard: callers never see it';

CREATE TABLE public.users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    email_verified boolean DEFAULT false NOT NULL,
    CONSTRAINT users_email_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 320))),
    CONSTRAINT users_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 80))),
    CONSTRAINT users_password_hash_check CHECK (((char_length(password_hash) >= 1) AND (char_length(password_hash) <= 255)))
);

CREATE UNLOGGED TABLE public.voice_places (
    id uuid NOT NULL,
    principal_id uuid NOT NULL,
    store_id uuid NOT NULL,
    started_at timestamp with time zone NOT NULL,
    held_until timestamp with time zone NOT NULL,
    holder uuid,
    session_id uuid,
    resume_sha256 bytea,
    resumable_until timestamp with time zone,
    taken_over boolean DEFAULT false NOT NULL
);

COMMENT ON COLUMN public.voice_places.holder IS 'The process; null once it has let go of the conversation, so that another one may have it';

COMMENT ON COLUMN public.voice_places.session_id IS 'The sign-in with which the caller may come back; null for guests';

COMMENT ON COLUMN public.voice_places.resume_sha256 IS 'Of the token with which they do, once';

COMMENT ON COLUMN public.voice_places.resumable_until IS 'Afterwards nobody comes back: the conversation is over, whatever its record says';

CREATE UNLOGGED TABLE public.voice_tickets (
    token_sha256 bytea NOT NULL,
    kind text NOT NULL,
    principal_id uuid NOT NULL,
    session_id uuid NOT NULL,
    store_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    signed_in_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    assistant text,
    draft boolean DEFAULT false NOT NULL,
    conversation_id uuid,
    CONSTRAINT voice_tickets_kind_check CHECK ((kind = ANY (ARRAY['user'::text, 'store'::text]))),
    CONSTRAINT voice_tickets_token_sha256_check CHECK ((octet_length(token_sha256) = 32))
);

CREATE TABLE public.webhook_deliveries (
    id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    event_id uuid NOT NULL,
    event text NOT NULL,
    payload text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    tried_at timestamp with time zone,
    took_ms integer,
    status integer,
    error text,
    CONSTRAINT webhook_deliveries_error_check CHECK ((char_length(error) <= 200)),
    CONSTRAINT webhook_deliveries_payload_check CHECK ((octet_length(payload) <= 32768)),
    CONSTRAINT webhook_deliveries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'failed'::text])))
);

CREATE TABLE public.webhooks (
    id uuid NOT NULL,
    store_id uuid NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    failing_since timestamp with time zone,
    disabled_at timestamp with time zone,
    CONSTRAINT webhooks_url_check CHECK (((char_length(url) >= 1) AND (char_length(url) <= 2000)))
);

CREATE UNLOGGED TABLE public.widget_tickets (
    token_sha256 bytea NOT NULL,
    widget_id uuid NOT NULL,
    origin text NOT NULL,
    guest_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT widget_tickets_token_sha256_check CHECK ((octet_length(token_sha256) = 32))
);

CREATE TABLE public.widgets (
    id uuid NOT NULL,
    store_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    assistant text,
    origins text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT widgets_assistant_check CHECK ((char_length(assistant) <= 48)),
    CONSTRAINT widgets_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200))),
    CONSTRAINT widgets_origins_check CHECK ((cardinality(origins) > 0))
);

COMMENT ON COLUMN public.widgets.assistant IS 'By its slug; null is the default one';

ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);

ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);

ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_sha256_key UNIQUE (sha256);

ALTER TABLE ONLY public.assistant_versions
    ADD CONSTRAINT assistant_versions_pkey PRIMARY KEY (assistant_id, number);

ALTER TABLE ONLY public.assistants
    ADD CONSTRAINT assistants_pkey PRIMARY KEY (id);

ALTER TABLE public.assistants
    ADD CONSTRAINT assistants_slug_check CHECK (((slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'::text) AND (char_length(slug) <= 48))) NOT VALID;

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_pkey PRIMARY KEY (sha256);

ALTER TABLE public.conversations
    ADD CONSTRAINT conversations_caller_number_check CHECK ((caller_number ~ '^\+[1-9][0-9]{6,14}$'::text)) NOT VALID;

ALTER TABLE public.conversations
    ADD CONSTRAINT conversations_channel_check CHECK ((channel ~ '^[a-z]{1,20}$'::text)) NOT VALID;

ALTER TABLE public.conversations
    ADD CONSTRAINT conversations_direction_check CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text]))) NOT VALID;

ALTER TABLE public.conversations
    ADD CONSTRAINT conversations_fields_check CHECK (((jsonb_typeof(fields) = 'object'::text) AND (octet_length((fields)::text) <= 30000))) NOT VALID;

ALTER TABLE public.conversations
    ADD CONSTRAINT conversations_fields_missing_check CHECK ((fields_missing ~ '^[a-z][a-z_]{0,49}$'::text)) NOT VALID;

ALTER TABLE public.conversations
    ADD CONSTRAINT conversations_outcome_check CHECK ((outcome ~ '^[a-z][a-z_]{0,49}$'::text)) NOT VALID;

ALTER TABLE public.conversations
    ADD CONSTRAINT conversations_outcome_has_summary CHECK (((summary IS NULL) = (outcome IS NULL))) NOT VALID;

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);

ALTER TABLE public.conversations
    ADD CONSTRAINT conversations_summary_check CHECK ((char_length(summary) <= 4000)) NOT VALID;

ALTER TABLE ONLY public.daily_rooms
    ADD CONSTRAINT daily_rooms_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.fresh_proofs
    ADD CONSTRAINT fresh_proofs_pkey PRIMARY KEY (session_id);

ALTER TABLE ONLY public.knowledge_entries
    ADD CONSTRAINT knowledge_entries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.knowledge_entries
    ADD CONSTRAINT knowledge_entries_store_id_title_key UNIQUE (store_id, title);

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_pkey PRIMARY KEY (sha256);

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_of_one_authenticator UNIQUE (credential_id);

ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.phone_calls
    ADD CONSTRAINT phone_calls_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.phone_calls
    ADD CONSTRAINT phone_calls_provider_provider_call_id_key UNIQUE (provider, provider_call_id);

ALTER TABLE ONLY public.phone_numbers
    ADD CONSTRAINT phone_numbers_number_key UNIQUE (number);

ALTER TABLE ONLY public.phone_numbers
    ADD CONSTRAINT phone_numbers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);

ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (sha256);

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_session_id_generation_key UNIQUE (session_id, generation);

ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_store_id_name_key UNIQUE (store_id, name);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE public.sessions
    ADD CONSTRAINT sessions_revoked_reason_check CHECK ((revoked_reason ~ '^[a-z][a-z_]{0,49}$'::text)) NOT VALID;

ALTER TABLE ONLY public.stores
    ADD CONSTRAINT stores_email_key UNIQUE (email);

ALTER TABLE ONLY public.stores
    ADD CONSTRAINT stores_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.stores
    ADD CONSTRAINT stores_slug_key UNIQUE (slug);

ALTER TABLE ONLY public.throttle
    ADD CONSTRAINT throttle_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.tool_calls
    ADD CONSTRAINT tool_calls_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.totp_factors
    ADD CONSTRAINT totp_factors_pkey PRIMARY KEY (account_id, kind);

ALTER TABLE ONLY public.totp_factors
    ADD CONSTRAINT totp_factors_store_id_key UNIQUE (store_id);

ALTER TABLE ONLY public.totp_factors
    ADD CONSTRAINT totp_factors_user_id_key UNIQUE (user_id);

ALTER TABLE public.turns
    ADD CONSTRAINT turns_audio_check CHECK ((((audio_start_ms IS NULL) = (audio_end_ms IS NULL)) AND (audio_end_ms >= audio_start_ms))) NOT VALID;

ALTER TABLE public.turns
    ADD CONSTRAINT turns_basis_check CHECK ((basis = ANY (ARRAY['hours'::text, 'price'::text, 'entry'::text, 'small_talk'::text, 'unknown'::text, 'tool'::text, 'facts'::text, 'nothing'::text]))) NOT VALID;

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_pkey PRIMARY KEY (conversation_id, "position");

ALTER TABLE public.turns
    ADD CONSTRAINT turns_sources_check CHECK ((jsonb_typeof(sources) = 'array'::text)) NOT VALID;

ALTER TABLE public.turns
    ADD CONSTRAINT turns_speaker_check CHECK ((speaker = ANY (ARRAY['caller'::text, 'assistant'::text, 'staff'::text]))) NOT VALID;

ALTER TABLE public.turns
    ADD CONSTRAINT turns_unheard_check CHECK ((char_length(unheard) <= 10000)) NOT VALID;

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.voice_places
    ADD CONSTRAINT voice_places_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.voice_tickets
    ADD CONSTRAINT voice_tickets_pkey PRIMARY KEY (token_sha256);

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.widget_tickets
    ADD CONSTRAINT widget_tickets_pkey PRIMARY KEY (token_sha256);

ALTER TABLE ONLY public.widgets
    ADD CONSTRAINT widgets_key_key UNIQUE (key);

ALTER TABLE ONLY public.widgets
    ADD CONSTRAINT widgets_pkey PRIMARY KEY (id);

CREATE INDEX api_keys_of_store ON public.api_keys USING btree (store_id, created_at);

CREATE UNIQUE INDEX assistants_by_slug ON public.assistants USING btree (store_id, slug) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX assistants_default ON public.assistants USING btree (store_id) WHERE (is_default AND (deleted_at IS NULL));

CREATE INDEX assistants_store_id ON public.assistants USING btree (store_id);

CREATE INDEX audit_log_at ON public.audit_log USING btree (at);

CREATE INDEX audit_log_of_principal ON public.audit_log USING btree (principal_id, at DESC, id DESC) WHERE (principal_id IS NOT NULL);

CREATE INDEX challenges_expires_at ON public.challenges USING btree (expires_at);

CREATE INDEX challenges_session ON public.challenges USING btree (session_id) WHERE (session_id IS NOT NULL);

CREATE INDEX challenges_store ON public.challenges USING btree (store_id) WHERE (store_id IS NOT NULL);

CREATE INDEX challenges_user ON public.challenges USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX conversations_of_assistant ON public.conversations USING btree (assistant_id);

CREATE INDEX conversations_of_store ON public.conversations USING btree (store_id, started_at DESC, id DESC);

CREATE INDEX conversations_of_user ON public.conversations USING btree (user_id, started_at DESC, id DESC);

CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));

CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);

CREATE INDEX knowledge_entries_found_by ON public.knowledge_entries USING gin (store_id, search, title public.gin_trgm_ops, sounds);

CREATE INDEX mail_tokens_expires_at ON public.mail_tokens USING btree (expires_at);

CREATE INDEX mail_tokens_store ON public.mail_tokens USING btree (store_id) WHERE (store_id IS NOT NULL);

CREATE INDEX mail_tokens_user ON public.mail_tokens USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX messages_of_conversation ON public.messages USING btree (conversation_id);

CREATE INDEX messages_of_store ON public.messages USING btree (store_id, taken_at DESC, id DESC);

CREATE INDEX passkeys_account ON public.passkeys USING btree (account_id);

CREATE INDEX passkeys_store ON public.passkeys USING btree (store_id) WHERE (store_id IS NOT NULL);

CREATE INDEX passkeys_user ON public.passkeys USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX phone_calls_of_store ON public.phone_calls USING btree (store_id, started_at DESC, id DESC);

CREATE INDEX phone_calls_unsettled ON public.phone_calls USING btree (provider, started_at) WHERE (cost IS NULL);

CREATE INDEX phone_numbers_of_assistant ON public.phone_numbers USING btree (assistant_id);

CREATE INDEX phone_numbers_of_store ON public.phone_numbers USING btree (store_id);

CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);

CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));

CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);

CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);

CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);

CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);

CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);

CREATE INDEX recovery_codes_account ON public.recovery_codes USING btree (account_id);

CREATE INDEX recovery_codes_store ON public.recovery_codes USING btree (store_id) WHERE (store_id IS NOT NULL);

CREATE INDEX recovery_codes_user ON public.recovery_codes USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX sessions_store_id_idx ON public.sessions USING btree (store_id) WHERE (store_id IS NOT NULL);

CREATE INDEX sessions_user_id_idx ON public.sessions USING btree (user_id) WHERE (user_id IS NOT NULL);

CREATE INDEX tool_calls_of_conversation ON public.tool_calls USING btree (conversation_id, started_at);

CREATE INDEX turns_said ON public.turns USING gin (to_tsvector('english'::regconfig, text));

CREATE INDEX voice_places_held_until ON public.voice_places USING btree (held_until);

CREATE INDEX voice_places_principal_id ON public.voice_places USING btree (principal_id);

CREATE INDEX voice_places_resume_sha256 ON public.voice_places USING btree (resume_sha256);

CREATE INDEX voice_places_store_id ON public.voice_places USING btree (store_id);

CREATE INDEX voice_tickets_expires_at ON public.voice_tickets USING btree (expires_at);

CREATE INDEX voice_tickets_store_id ON public.voice_tickets USING btree (store_id);

CREATE INDEX webhook_deliveries_created_at ON public.webhook_deliveries USING btree (created_at);

CREATE INDEX webhook_deliveries_of_conversation ON public.webhook_deliveries USING btree (conversation_id);

CREATE INDEX webhook_deliveries_of_webhook ON public.webhook_deliveries USING btree (webhook_id, created_at DESC, id DESC);

CREATE INDEX webhooks_of_store ON public.webhooks USING btree (store_id, created_at);

CREATE INDEX widget_tickets_expires_at ON public.widget_tickets USING btree (expires_at);

CREATE INDEX widget_tickets_of_widget ON public.widget_tickets USING btree (widget_id);

CREATE INDEX widgets_of_store ON public.widgets USING btree (store_id, created_at);

CREATE TRIGGER assistant_versions_stay BEFORE UPDATE ON public.assistant_versions FOR EACH ROW EXECUTE FUNCTION public.refuse_to_change_a_version();

CREATE TRIGGER audit_log_is_append_only BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.refuse_to_change_audit_log();

CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_to_change_audit_log();

CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();

CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();

CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();

CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();

CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();

CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();

CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();

CREATE TRIGGER sessions_tell_when_deleted AFTER DELETE ON public.sessions FOR EACH ROW WHEN ((old.revoked_at IS NULL)) EXECUTE FUNCTION public.tell_that_a_session_ended();

CREATE TRIGGER sessions_tell_when_revoked AFTER UPDATE OF revoked_at ON public.sessions FOR EACH ROW WHEN (((old.revoked_at IS NULL) AND (new.revoked_at IS NOT NULL))) EXECUTE FUNCTION public.tell_that_a_session_ended();

CREATE TRIGGER stores_end_challenges AFTER UPDATE OF password_hash ON public.stores FOR EACH ROW WHEN ((old.password_hash <> new.password_hash)) EXECUTE FUNCTION public.end_challenges_of_a_password();

CREATE TRIGGER users_end_challenges AFTER UPDATE OF password_hash ON public.users FOR EACH ROW WHEN ((old.password_hash <> new.password_hash)) EXECUTE FUNCTION public.end_challenges_of_a_password();

ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.assistant_versions
    ADD CONSTRAINT assistant_versions_assistant_id_fkey FOREIGN KEY (assistant_id) REFERENCES public.assistants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.assistants
    ADD CONSTRAINT assistants_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.challenges
    ADD CONSTRAINT challenges_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_assistant_id_fkey FOREIGN KEY (assistant_id) REFERENCES public.assistants(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.fresh_proofs
    ADD CONSTRAINT fresh_proofs_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.knowledge_entries
    ADD CONSTRAINT knowledge_entries_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.mail_tokens
    ADD CONSTRAINT mail_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.phone_calls
    ADD CONSTRAINT phone_calls_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.phone_numbers
    ADD CONSTRAINT phone_numbers_assistant_id_fkey FOREIGN KEY (assistant_id) REFERENCES public.assistants(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.phone_numbers
    ADD CONSTRAINT phone_numbers_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES public.sessions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.saved_views
    ADD CONSTRAINT saved_views_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tool_calls
    ADD CONSTRAINT tool_calls_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.totp_factors
    ADD CONSTRAINT totp_factors_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.totp_factors
    ADD CONSTRAINT totp_factors_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.voice_places
    ADD CONSTRAINT voice_places_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.voice_tickets
    ADD CONSTRAINT voice_tickets_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhook_deliveries
    ADD CONSTRAINT webhook_deliveries_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhooks(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.widget_tickets
    ADD CONSTRAINT widget_tickets_widget_id_fkey FOREIGN KEY (widget_id) REFERENCES public.widgets(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.widgets
    ADD CONSTRAINT widgets_store_id_fkey FOREIGN KEY (store_id) REFERENCES public.stores(id) ON DELETE CASCADE;
