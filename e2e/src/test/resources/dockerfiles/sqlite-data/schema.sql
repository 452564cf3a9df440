CREATE TABLE cities (name TEXT, people INTEGER);
