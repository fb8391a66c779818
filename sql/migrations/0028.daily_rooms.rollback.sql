DROP TABLE daily_rooms;
