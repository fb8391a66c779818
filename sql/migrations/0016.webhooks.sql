-- depends: 0015.procrastinate 0003.conversations
-- Whom stores have told of what happens, and what became of it.

CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    url text NOT NULL CHECK (char_length(url) BETWEEN 1 AND 2000),
    events text [] NOT NULL,
    created_at timestamptz NOT NULL,
    -- Since when nothing was delivered; null after each success.
    failing_since timestamptz,
    disabled_at timestamptz
);
CREATE INDEX webhooks_of_store ON webhooks (store_id, created_at);

CREATE TABLE webhook_deliveries (
    id uuid PRIMARY KEY,
    webhook_id uuid NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    -- What is deleted of a conversation is deleted of what was told about it.
    conversation_id uuid NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    event_id uuid NOT NULL,
    event text NOT NULL,
    payload text NOT NULL CHECK (octet_length(payload) <= 32768),
    created_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    tried_at timestamptz,
    took_ms integer,
    -- What the endpoint answered; null when it did not.
    status integer,
    error text CHECK (char_length(error) <= 200)
);
CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (webhook_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_of_conversation ON webhook_deliveries (conversation_id);
CREATE INDEX webhook_deliveries_created_at ON webhook_deliveries (created_at);
