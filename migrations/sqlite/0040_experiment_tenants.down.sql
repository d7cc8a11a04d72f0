-- Names, units and identifiers are one tenant's again; what other tenants have beside "default" cannot stay.

alter table experiments rename to experiments_of_tenants;
create table experiments (
    name text primary key,
    revision integer not null check (revision >= 1),
    state text not null check (state in ('draft', 'running', 'paused', 'decided', 'archived')),
    -- Its layer of mutual exclusion, if it is in one.
    layer text,
    unit text not null check (unit in ('subject', 'stream')),
    definition text not null check (json_type(definition) = 'object'),
    -- What follows from its life: the runs of buckets, stopped arms, the chosen one, when it started.
    progress text not null check (json_type(progress) = 'object'),
    updated_at_micros integer not null
) without rowid;
insert into experiments (name, revision, state, layer, unit, definition, progress, updated_at_micros)
    select name, revision, state, layer, unit, definition, progress, updated_at_micros from experiments_of_tenants
    where tenant = 'default';
drop table experiments_of_tenants;

alter table experiment_changes rename to experiment_changes_of_tenants;
create table experiment_changes (
    experiment text not null,
    revision integer not null check (revision >= 1),
    at_micros integer not null,
    who text not null,
    what text not null,
    why text not null,
    state text not null,
    definition text not null check (json_type(definition) = 'object'),
    progress text not null check (json_type(progress) = 'object'),
    primary key (experiment, revision)
) without rowid;
insert into experiment_changes (experiment, revision, at_micros, who, what, why, state, definition, progress)
    select experiment, revision, at_micros, who, what, why, state, definition, progress
    from experiment_changes_of_tenants where tenant = 'default';
drop table experiment_changes_of_tenants;

drop index exposures_to_ship;
alter table exposures rename to exposures_of_tenants;
create table exposures (
    experiment text not null,
    unit text not null,
    origin text not null check (origin in ('drawn', 'forced')),
    arm text not null,
    -- The arm's share of all units when the unit got it.
    share real not null check (share between 0 and 1),
    stream_id text not null,
    at_micros integer not null,
    shipped integer not null default 0 check (shipped in (0, 1)),
    primary key (experiment, unit, origin)
) without rowid;
insert into exposures (experiment, unit, origin, arm, share, stream_id, at_micros, shipped)
    select experiment, unit, origin, arm, share, stream_id, at_micros, shipped
    from exposures_of_tenants where tenant = 'default';
drop table exposures_of_tenants;
create index exposures_to_ship on exposures (at_micros) where shipped = 0;
-- Erasures look for units.
create index if not exists exposures_by_unit on exposures (unit);

drop index feedback_by_prediction;
drop index feedback_by_stream;
drop index feedback_to_ship;
alter table feedback rename to feedback_of_tenants;
create table feedback (
    id text primary key,
    prediction_id text,
    stream_id text,
    start_samples integer check (start_samples >= 0),
    end_samples integer,
    -- The right label; else whether the prediction is right.
    label text,
    correct integer check (correct in (0, 1)),
    source text not null,
    -- When it was said, and when it came here.
    said_at_micros integer not null,
    received_at_micros integer not null,
    shipped integer not null default 0 check (shipped in (0, 1)),
    check ((prediction_id is null) <> (stream_id is null)),
    check ((stream_id is null) = (start_samples is null)),
    check ((stream_id is null) = (end_samples is null)),
    check (end_samples is null or end_samples > start_samples),
    check ((label is null) <> (correct is null))
) without rowid;
insert into feedback (id, prediction_id, stream_id, start_samples, end_samples, label, correct, source,
        said_at_micros, received_at_micros, shipped)
    select id, prediction_id, stream_id, start_samples, end_samples, label, correct, source,
        said_at_micros, received_at_micros, shipped
    from feedback_of_tenants where tenant = 'default';
drop table feedback_of_tenants;
create index feedback_by_prediction on feedback (prediction_id) where prediction_id is not null;
create index feedback_by_stream on feedback (stream_id) where stream_id is not null;
create index feedback_to_ship on feedback (received_at_micros) where shipped = 0;
-- Questions of analytics are about a time.
create index if not exists feedback_by_time on feedback (received_at_micros desc);
