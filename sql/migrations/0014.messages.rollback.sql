DROP TABLE messages;
UPDATE turns SET basis = NULL WHERE basis = 'tool';
ALTER TABLE turns DROP CONSTRAINT turns_basis_check;
ALTER TABLE turns ADD CONSTRAINT turns_basis_check CHECK (
    basis IN ('hours', 'price', 'entry', 'small_talk', 'unknown', 'facts', 'nothing')
) NOT VALID;
