-- Rows lie in partitions by the time inside their identifier, so that old ones can be dropped as whole tables. The key
-- of a partition is the identifier itself: the same answer, sent twice or made again by another server, has the same
-- one and so meets its first copy, whatever its other columns say.

-- The milliseconds since 1970 in the first 48 bits of a UUIDv7.
create function time_of_id(id uuid) returns timestamptz language sql immutable strict parallel safe as $$
    select to_timestamp(('x' || substr(id::text, 1, 8) || substr(id::text, 10, 4))::bit(48)::bigint / 1000.0)
$$;

-- The lowest UUIDv7 of a time.
create function first_id_at(at timestamptz) returns uuid language sql immutable strict parallel safe as $$
    select (lpad(to_hex(greatest(0, floor(extract(epoch from at) * 1000))::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Which partitions there are beside the default ones, which take what has an impossible time.
create table partitions (
    parent text not null,
    name text primary key,
    from_time timestamptz not null,
    to_time timestamptz not null,
    check (from_time < to_time)
);

create index partitions_by_time on partitions (parent, from_time);

-- Makes the partition of parent that takes the identifiers of a time, if there is none. It is as wide as told where
-- its neighbours leave room. Rows that lie in the default partition meanwhile move over. True when it was made.
create function make_partition(parent_name text, at timestamptz, width interval) returns boolean language plpgsql as $$
declare
    from_time_ timestamptz := date_bin(width, at, timestamptz '1970-01-01 00:00:00+00');
    to_time_ timestamptz := from_time_ + width;
    child text;
    stray boolean;
    columns_ text;
    span text;
begin
    perform pg_advisory_xact_lock(hashtextextended('undertone.partitions', 0));
    if exists (select from partitions p where p.parent = parent_name and p.from_time <= at and at < p.to_time) then
        return false;
    end if;
    select coalesce(max(p.to_time), from_time_) into from_time_ from partitions p
        where p.parent = parent_name and p.to_time <= at and p.to_time > from_time_;
    select coalesce(min(p.from_time), to_time_) into to_time_ from partitions p
        where p.parent = parent_name and p.from_time > at and p.from_time < to_time_;
    child := parent_name || '_' || to_char(from_time_ at time zone 'UTC', 'YYYYMMDD_HH24MI');
    span := format('id >= %L and id < %L', first_id_at(from_time_), first_id_at(to_time_));

    execute format('lock table %I in access exclusive mode', parent_name || '_default');
    execute format('select exists (select from %I where %s)', parent_name || '_default', span) into stray;
    if stray then
        select string_agg(quote_ident(attname), ', ' order by attnum) into columns_ from pg_attribute
            where attrelid = parent_name::regclass and attnum > 0 and not attisdropped and attgenerated = '';
        execute format('create temp table stray on commit drop as select %s from %I where %s',
            columns_, parent_name || '_default', span);
        execute format('delete from %I where %s', parent_name || '_default', span);
    end if;
    execute format('create table %I partition of %I for values from (%L) to (%L)',
        child, parent_name, first_id_at(from_time_), first_id_at(to_time_));
    if stray then
        execute format('insert into %I (%s) select %s from stray', parent_name, columns_, columns_);
        drop table stray;
    end if;
    insert into partitions values (parent_name, child, from_time_, to_time_);
    return true;
end
$$;

alter table streams rename to streams_plain;
alter table streams_plain rename constraint streams_pkey to streams_plain_pkey;
drop index streams_by_time, streams_by_subject;
alter table predictions rename to predictions_plain;
alter table predictions_plain rename constraint predictions_pkey to predictions_plain_pkey;
drop index predictions_by_time, predictions_by_stream, predictions_by_model;

-- One row per call. The columns from ended_at on are null while the stream is open.
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
) partition by range (id);

create table streams_default partition of streams default;

create index streams_by_time on streams (opened_at desc, id desc);
create index streams_by_subject on streams (subject_key, tenant) where subject_key is not null;
create index streams_by_label on streams using gin (labels jsonb_path_ops);
create index streams_open on streams (id) where ended_at is null;

-- One row per answer of a model. No foreign key to streams: an answer is kept even when the row of
-- its stream was refused or comes later.
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
) partition by range (id);

create table predictions_default partition of predictions default;

create index predictions_by_time on predictions (created_at desc, id desc);
create index predictions_by_stream on predictions (stream_id, utterance);

-- One day each; what has an impossible time goes to the default partition.
select make_partition('streams', day, '1 day') from
    (select distinct date_bin('1 day', time_of_id(id), timestamptz '1970-01-01 00:00:00+00') as day from streams_plain) as days
    where day between now() - interval '400 days' and now() + interval '2 days' order by day;
select make_partition('predictions', day, '1 day') from
    (select distinct date_bin('1 day', time_of_id(id), timestamptz '1970-01-01 00:00:00+00') as day from predictions_plain) as days
    where day between now() - interval '400 days' and now() + interval '2 days' order by day;

insert into streams select * from streams_plain;
insert into predictions (id, stream_id, utterance, created_at, model_name, model_version, arm, role, is_final,
        start_samples, end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros,
        inference_micros)
    select id, stream_id, utterance, created_at, model_name, model_version, arm, role, is_final, start_samples,
        end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros
    from predictions_plain;
drop table streams_plain, predictions_plain;
