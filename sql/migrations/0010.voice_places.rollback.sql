DROP TABLE voice_places;
