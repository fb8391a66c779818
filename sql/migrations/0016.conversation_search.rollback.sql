DROP INDEX turns_said;
