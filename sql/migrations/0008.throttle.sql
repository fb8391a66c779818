-- depends: 0004.voice_tickets

-- Unlogged: forgetting who asked how often costs little, and a log entry for each request would cost much.
CREATE UNLOGGED TABLE throttle (
    -- A keyed hash of what is counted: no address and no e-mail can be read from here.
    key bytea PRIMARY KEY CHECK (octet_length(key) = 16),
    -- When what was taken so far has been given back: the "theoretical arrival time" of GCRA.
    due_at timestamptz NOT NULL,
    -- Until when one account is known to be used from one address.
    trusted_until timestamptz
-- Room beside each row, and no index on what changes: updates stay on their page and leave nothing for vacuum.
) WITH (fillfactor = 50);
