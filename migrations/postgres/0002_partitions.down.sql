-- Back to one table each; every row stays.
alter table streams rename to streams_parted;
alter table streams_parted rename constraint streams_pkey to streams_parted_pkey;
drop index streams_by_time, streams_by_subject, streams_by_label, streams_open;
alter table predictions rename to predictions_parted;
alter table predictions_parted rename constraint predictions_pkey to predictions_parted_pkey;
drop index predictions_by_time, predictions_by_stream;

create table streams (
    id uuid primary key,
    opened_at timestamptz not null,
    tenant text not null,
    subject_key text,
    model_name text not null,
    model_version text not null,
    encoding text not null,
    -- 0 while a container has not told its rate.
    sample_rate_hz integer not null check (sample_rate_hz >= 0),
    -- The client's own keys and values.
    labels jsonb not null check (jsonb_typeof(labels) = 'object'),
    ended_at timestamptz,
    end_reason text check (end_reason in ('finished', 'cancelled', 'timed_out', 'failed', 'drained')),
    samples bigint check (samples >= 0),
    utterances bigint check (utterances >= 0),
    -- Whether the end was written by the next start, because the process that owned the stream crashed.
    recovered boolean not null default false,
    check ((ended_at is null) = (end_reason is null)),
    check ((ended_at is null) = (samples is null)),
    check ((ended_at is null) = (utterances is null))
);

create index streams_by_time on streams (opened_at desc);
create index streams_by_subject on streams (tenant, subject_key) where subject_key is not null;

create table predictions (
    id uuid primary key,
    stream_id uuid not null,
    utterance bigint not null check (utterance >= 0),
    created_at timestamptz not null,
    model_name text not null,
    model_version text not null,
    arm text,
    role text not null check (role in ('live', 'shadow')),
    is_final boolean not null,
    -- Positions from the stream's start, half open, at the pipeline's 16000 samples per second.
    start_samples bigint not null check (start_samples >= 0),
    end_samples bigint not null,
    start_seconds double precision generated always as (start_samples / 16000.0::double precision) stored,
    end_seconds double precision generated always as (end_samples / 16000.0::double precision) stored,
    -- Of equal length: labels[i] has probabilities[i].
    labels text[] not null,
    probabilities real[] not null,
    top text not null,
    confidence real not null check (confidence between 0 and 1),
    abstained boolean not null,
    queue_micros bigint not null check (queue_micros >= 0),
    features_micros bigint not null check (features_micros >= 0),
    inference_micros bigint not null check (inference_micros >= 0),
    check (end_samples >= start_samples),
    check (cardinality(labels) = cardinality(probabilities))
);

create index predictions_by_time on predictions (created_at desc, id desc);
create index predictions_by_stream on predictions (stream_id, utterance);
create index predictions_by_model on predictions (model_name, model_version, created_at desc);

insert into streams select * from streams_parted;
insert into predictions (id, stream_id, utterance, created_at, model_name, model_version, arm, role, is_final,
        start_samples, end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros,
        inference_micros)
    select id, stream_id, utterance, created_at, model_name, model_version, arm, role, is_final,
        start_samples, end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros,
        inference_micros
    from predictions_parted;
drop table streams_parted, predictions_parted;
drop function make_partition;
drop table partitions;
drop function time_of_id;
drop function first_id_at;
