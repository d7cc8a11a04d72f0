-- What dashboards ask for, counted while rows arrive: in the transaction that adds a row to predictions its numbers are
-- added here, once, however late it is and however often it is sent. Of final answers only. No subject is in them.

-- Answers by what was most probable.
create table rollups (
    level text not null check (level in ('minute', 'hour', 'day')),
    -- Start of the minute, hour or day, in UTC.
    bucket timestamptz not null,
    model_name text not null,
    model_version text not null,
    -- Empty outside experiments.
    arm text not null,
    role text not null,
    top text not null,
    answers bigint not null,
    abstained bigint not null,
    -- Sums over the answers; confidence in millionths, so that adding and taking away is exact.
    confidence_micros bigint not null,
    speech_samples bigint not null,
    queue_micros bigint not null,
    features_micros bigint not null,
    inference_micros bigint not null,
    primary key (level, bucket, model_name, model_version, arm, role, top)
);

-- How a figure is spread: answers whose figure falls into a bin. Bin n of confidence begins at n / 20; bin n of a time
-- begins at 2^(n / 2) microseconds, and bin 0 holds everything below 2^(1 / 2) too.
create table rollup_bins (
    level text not null check (level in ('minute', 'hour', 'day')),
    bucket timestamptz not null,
    model_name text not null,
    model_version text not null,
    arm text not null,
    role text not null,
    measure text not null check (measure in ('confidence', 'queue', 'features', 'inference')),
    bin smallint not null,
    answers bigint not null,
    primary key (level, bucket, measure, model_name, model_version, arm, role, bin)
);

-- Not strict, so that the planner puts them where they are called.
create function bin_of_micros(micros bigint) returns smallint language sql immutable parallel safe as $$
    -- A hair more than the logarithm, which may come out a hair less than a whole number.
    select case when micros < 2 then 0 else floor(2 * ln(micros::double precision) / 0.6931471805599453 + 1e-9) end::smallint
$$;

create function bin_of_confidence(confidence real) returns smallint language sql immutable parallel safe as $$
    select least(19, floor(confidence * 20))::smallint
$$;

-- Rows that were there before.
with minutes as (
    select date_bin('1 minute', created_at, timestamptz '1970-01-01 00:00:00+00') as minute, model_name, model_version,
        coalesce(arm, '') as arm, role, top, count(*) as answers, count(*) filter (where abstained) as abstained,
        sum(round(confidence * 1000000)::bigint) as confidence_micros, sum(end_samples - start_samples) as speech_samples,
        sum(queue_micros) as queue_micros, sum(features_micros) as features_micros, sum(inference_micros) as inference_micros
    from predictions where is_final group by 1, 2, 3, 4, 5, 6)
insert into rollups
    select level, date_bin(width, minute, timestamptz '1970-01-01 00:00:00+00'), model_name, model_version, arm, role, top,
        sum(answers), sum(abstained), sum(confidence_micros), sum(speech_samples), sum(queue_micros), sum(features_micros),
        sum(inference_micros)
    from minutes cross join (values ('minute', interval '1 minute'), ('hour', interval '1 hour'), ('day', interval '1 day'))
        as levels (level, width)
    group by 1, 2, 3, 4, 5, 6, 7;

with bins as (
    select date_bin('1 minute', created_at, timestamptz '1970-01-01 00:00:00+00') as minute, model_name, model_version,
        coalesce(arm, '') as arm, role, measure, bin, count(*) as answers
    from predictions cross join lateral (values ('confidence', bin_of_confidence(confidence)),
        ('queue', bin_of_micros(queue_micros)), ('features', bin_of_micros(features_micros)),
        ('inference', bin_of_micros(inference_micros))) as measures (measure, bin)
    where is_final group by 1, 2, 3, 4, 5, 6, 7)
insert into rollup_bins
    select level, date_bin(width, minute, timestamptz '1970-01-01 00:00:00+00'), model_name, model_version, arm, role,
        measure, bin, sum(answers)
    from bins cross join (values ('minute', interval '1 minute'), ('hour', interval '1 hour'), ('day', interval '1 day'))
        as levels (level, width)
    group by 1, 2, 3, 4, 5, 6, 7, 8;
