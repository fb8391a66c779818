DROP TABLE turns;
DROP TABLE conversations;
