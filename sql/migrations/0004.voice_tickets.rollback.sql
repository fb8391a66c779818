DROP TABLE voice_tickets;
