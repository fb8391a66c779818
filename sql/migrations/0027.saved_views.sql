-- depends: 0026.staff_turns
-- Filters of the list of conversations that a store comes back to.

CREATE TABLE saved_views (
    id uuid PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
    filter jsonb NOT NULL CHECK (jsonb_typeof(filter) = 'object'),
    UNIQUE (store_id, name)
);
