-- The journal: what Undertone heard and answered, and what of it still has to reach Postgres.
-- Times of day are microseconds since 1970-01-01 UTC. Identifiers are UUIDv7 in their usual text
-- form, so that they sort by age and can be read in the sqlite3 shell.

-- One row per call. The columns from ended_at_micros on are empty while the stream is open.
create table streams (
    id text primary key,
    opened_at_micros integer not null,
    tenant text not null,
    subject_key text,
    model_name text not null,
    model_version text not null,
    encoding text not null,
    -- 0 while a container has not told its rate.
    sample_rate_hz integer not null check (sample_rate_hz >= 0),
    -- A JSON object of the client's own keys and values.
    labels text not null check (json_type(labels) = 'object'),
    ended_at_micros integer,
    end_reason text check (end_reason in ('finished', 'cancelled', 'timed_out', 'failed', 'drained')),
    samples integer check (samples >= 0),
    utterances integer check (utterances >= 0),
    -- 1 when the end was written by the next start, because the process that owned the stream crashed.
    recovered integer not null default 0 check (recovered in (0, 1)),
    check ((ended_at_micros is null) = (end_reason is null)),
    check ((ended_at_micros is null) = (samples is null)),
    check ((ended_at_micros is null) = (utterances is null))
) without rowid;

create index streams_by_time on streams (opened_at_micros desc);
create index streams_open on streams (id) where ended_at_micros is null;

-- One row per answer of a model. No foreign key to streams: an answer that was sent must be kept
-- even when the row of its stream was refused.
create table predictions (
    id text primary key,
    stream_id text not null,
    utterance integer not null check (utterance >= 0),
    created_at_micros integer not null,
    model_name text not null,
    model_version text not null,
    arm text,
    role text not null check (role in ('live', 'shadow')),
    is_final integer not null check (is_final in (0, 1)),
    -- Positions from the stream's start, half open, at the pipeline's 16000 samples per second.
    start_samples integer not null check (start_samples >= 0),
    end_samples integer not null,
    start_seconds real generated always as (start_samples / 16000.0) virtual,
    end_seconds real generated always as (end_samples / 16000.0) virtual,
    -- JSON arrays of equal length: labels[i] has probabilities[i].
    labels text not null check (json_type(labels) = 'array'),
    probabilities text not null check (json_type(probabilities) = 'array'),
    top text not null,
    confidence real not null check (confidence between 0 and 1),
    abstained integer not null check (abstained in (0, 1)),
    queue_micros integer not null check (queue_micros >= 0),
    features_micros integer not null check (features_micros >= 0),
    inference_micros integer not null check (inference_micros >= 0),
    check (end_samples >= start_samples),
    check (json_array_length(labels) = json_array_length(probabilities))
) without rowid;

create index predictions_by_time on predictions (created_at_micros desc, id desc);
create index predictions_by_stream on predictions (stream_id, utterance);

-- What has not reached Postgres yet. A row names a row of streams or predictions that changed;
-- autoincrement never reuses a number, so a change made while a batch is under way gets a higher one.
create table outbox (
    seq integer primary key autoincrement,
    kind text not null check (kind in ('stream', 'prediction')),
    id text not null
);

create index outbox_by_row on outbox (kind, id);

-- Rows that a database refused. Deliberately without checks: writing here must not fail.
create table set_aside (
    seq integer primary key autoincrement,
    at_micros integer not null,
    -- The database that refused: journal or postgres.
    refused_by text not null,
    kind text not null,
    id text not null,
    error text not null,
    -- The whole record when the journal refused it; empty otherwise, since the journal has the row.
    record text
);
