-- depends: 0027.saved_views
-- A conversation outlives its process: which one holds it, and who may take it up in another one.

ALTER TABLE voice_places
    ADD COLUMN holder uuid,
    ADD COLUMN session_id uuid,
    ADD COLUMN resume_sha256 bytea,
    ADD COLUMN resumable_until timestamptz;
COMMENT ON COLUMN voice_places.holder IS 'The process; null once it has let go of the conversation, so that another one may have it';
COMMENT ON COLUMN voice_places.session_id IS 'The sign-in with which the caller may come back; null for guests';
COMMENT ON COLUMN voice_places.resume_sha256 IS 'Of the token with which they do, once';
COMMENT ON COLUMN voice_places.resumable_until IS 'Afterwards nobody comes back: the conversation is over, whatever its record says';

-- A row for each conversation of this moment: nobody waits for this index.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX voice_places_resume_sha256 ON voice_places (resume_sha256);
