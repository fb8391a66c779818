-- depends: 0010.voice_places 0027.saved_views
-- Rooms at Daily that belong to a conversation now, so that those of a process that was killed are found and deleted.

CREATE TABLE daily_rooms (
    name text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9_-]{1,128}$'),
    -- In voice_places for as long as the conversation lasts.
    place_id uuid NOT NULL,
    -- We have made it, and delete it; the room of TELEPHONY_DAILY_ROOM_URL stays.
    made boolean NOT NULL,
    claimed_at timestamptz NOT NULL
);
