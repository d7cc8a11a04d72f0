-- Experiments, exposures and feedback belong to a tenant, as streams do: two tenants may use one name, and one subject key.

alter table experiments rename to experiments_of_nobody;
create table experiments (
    tenant text not null,
    name text not null,
    revision integer not null check (revision >= 1),
    state text not null check (state in ('draft', 'running', 'paused', 'decided', 'archived')),
    -- Its layer of mutual exclusion, if it is in one.
    layer text,
    unit text not null check (unit in ('subject', 'stream')),
    definition text not null check (json_type(definition) = 'object'),
    -- What follows from its life: the runs of buckets, stopped arms, the chosen one, when it started.
    progress text not null check (json_type(progress) = 'object'),
    updated_at_micros integer not null,
    primary key (tenant, name)
) without rowid;
insert into experiments (tenant, name, revision, state, layer, unit, definition, progress, updated_at_micros)
    select 'default', name, revision, state, layer, unit, definition, progress, updated_at_micros from experiments_of_nobody;
drop table experiments_of_nobody;

alter table experiment_changes rename to experiment_changes_of_nobody;
create table experiment_changes (
    tenant text not null,
    experiment text not null,
    revision integer not null check (revision >= 1),
    at_micros integer not null,
    who text not null,
    what text not null,
    why text not null,
    state text not null,
    definition text not null check (json_type(definition) = 'object'),
    progress text not null check (json_type(progress) = 'object'),
    primary key (tenant, experiment, revision)
) without rowid;
insert into experiment_changes (tenant, experiment, revision, at_micros, who, what, why, state, definition, progress)
    select 'default', experiment, revision, at_micros, who, what, why, state, definition, progress
    from experiment_changes_of_nobody;
drop table experiment_changes_of_nobody;

drop index exposures_to_ship;
alter table exposures rename to exposures_of_nobody;
create table exposures (
    tenant text not null,
    experiment text not null,
    unit text not null,
    origin text not null check (origin in ('drawn', 'forced')),
    arm text not null,
    -- The arm's share of all units when the unit got it.
    share real not null check (share between 0 and 1),
    stream_id text not null,
    at_micros integer not null,
    shipped integer not null default 0 check (shipped in (0, 1)),
    primary key (tenant, experiment, unit, origin)
) without rowid;
insert into exposures (tenant, experiment, unit, origin, arm, share, stream_id, at_micros, shipped)
    select coalesce((select tenant from streams where id = stream_id), 'default'),
        experiment, unit, origin, arm, share, stream_id, at_micros, shipped
    from exposures_of_nobody;
drop table exposures_of_nobody;
create index exposures_to_ship on exposures (at_micros) where shipped = 0;
-- Erasures look for units.
create index if not exists exposures_by_unit on exposures (unit);

drop index feedback_by_prediction;
drop index feedback_by_stream;
drop index feedback_to_ship;
alter table feedback rename to feedback_of_nobody;
create table feedback (
    tenant text not null,
    id text not null,
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
    primary key (tenant, id),
    check ((prediction_id is null) <> (stream_id is null)),
    check ((stream_id is null) = (start_samples is null)),
    check ((stream_id is null) = (end_samples is null)),
    check (end_samples is null or end_samples > start_samples),
    check ((label is null) <> (correct is null))
) without rowid;
-- What was said so far holds for whose answer it was about.
insert into feedback (tenant, id, prediction_id, stream_id, start_samples, end_samples, label, correct, source,
        said_at_micros, received_at_micros, shipped)
    select coalesce((select tenant from streams where id = old.stream_id or id = (select p.stream_id from predictions p
            where p.id = old.prediction_id)), 'default'),
        id, prediction_id, stream_id, start_samples, end_samples, label, correct, source,
        said_at_micros, received_at_micros, shipped
    from feedback_of_nobody as old;
drop table feedback_of_nobody;
create index feedback_by_prediction on feedback (prediction_id) where prediction_id is not null;
create index feedback_by_stream on feedback (stream_id) where stream_id is not null;
create index feedback_to_ship on feedback (received_at_micros) where shipped = 0;
-- Questions of analytics are about a time.
create index if not exists feedback_by_time on feedback (received_at_micros desc);
