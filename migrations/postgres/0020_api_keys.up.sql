-- Who may call. Of a key itself only its digest is kept, so nobody who reads this table can call.
-- The table is the same in the journal and in Postgres; times are microseconds since 1970-01-01 UTC.
create table api_keys (
    -- The part of a key that may be shown: logs and lists name a key by it.
    id text primary key,
    name text not null,
    tenant text not null,
    -- SHA-256 of the whole key, as 64 hexadecimal digits.
    secret_sha256 text not null check (length(secret_sha256) = 64),
    -- Names of scopes, with a space between them.
    scopes text not null,
    -- Streams at a time; null: as many as the server takes.
    max_streams bigint check (max_streams > 0),
    -- Seconds of audio per minute; null: as many as come.
    audio_seconds_per_minute bigint check (audio_seconds_per_minute > 0),
    created_at_micros bigint not null,
    -- Not good from then on; null: good until it is revoked.
    expires_at_micros bigint,
    revoked_at_micros bigint
);
