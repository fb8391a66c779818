-- depends: 0027.saved_views
-- Whether somebody of the store speaks in the assistant's place: others who watch are told. It goes with the place.

ALTER TABLE voice_places ADD COLUMN taken_over boolean NOT NULL DEFAULT FALSE;
