ALTER TABLE voice_places
    DROP COLUMN holder,
    DROP COLUMN session_id,
    DROP COLUMN resume_sha256,
    DROP COLUMN resumable_until;
