-- Experiments that servers share, who was exposed to them, and what people said about answers.

-- The newest revision of every experiment.
create table experiments (
    name text primary key,
    revision bigint not null check (revision >= 1),
    state text not null check (state in ('draft', 'running', 'paused', 'decided', 'archived')),
    -- Its layer of mutual exclusion, if it is in one.
    layer text,
    unit text not null check (unit in ('subject', 'stream')),
    definition jsonb not null check (jsonb_typeof(definition) = 'object'),
    -- What follows from its life: the runs of buckets, stopped arms, the chosen one, when it started.
    progress jsonb not null check (jsonb_typeof(progress) = 'object'),
    updated_at timestamptz not null
);

-- Every revision, with who made it and why.
create table experiment_changes (
    experiment text not null,
    revision bigint not null check (revision >= 1),
    at timestamptz not null,
    who text not null,
    what text not null,
    why text not null,
    state text not null,
    definition jsonb not null check (jsonb_typeof(definition) = 'object'),
    progress jsonb not null check (jsonb_typeof(progress) = 'object'),
    primary key (experiment, revision)
);

-- A unit's first scored utterance in an experiment. Units that somebody gave an arm stand apart from those that drew one.
create table exposures (
    experiment text not null,
    unit text not null,
    origin text not null check (origin in ('drawn', 'forced')),
    arm text not null,
    -- The arm's share of all units when the unit got it.
    share double precision not null check (share between 0 and 1),
    stream_id uuid not null,
    at timestamptz not null,
    primary key (experiment, unit, origin)
);

-- What somebody said is right, about a prediction or about an interval of a stream. A correction is a later row.
create table feedback (
    id uuid primary key,
    prediction_id uuid,
    stream_id uuid,
    start_samples bigint check (start_samples >= 0),
    end_samples bigint,
    -- The right label; else whether the prediction is right.
    label text,
    correct boolean,
    source text not null,
    -- When it was said, and when it came to a server.
    said_at timestamptz not null,
    received_at timestamptz not null,
    check ((prediction_id is null) <> (stream_id is null)),
    check ((stream_id is null) = (start_samples is null)),
    check ((stream_id is null) = (end_samples is null)),
    check (end_samples is null or end_samples > start_samples),
    check ((label is null) <> (correct is null))
);

create index feedback_by_prediction on feedback (prediction_id) where prediction_id is not null;
create index feedback_by_stream on feedback (stream_id) where stream_id is not null;

create index predictions_by_arm on predictions (arm collate "C", created_at) where arm is not null;
