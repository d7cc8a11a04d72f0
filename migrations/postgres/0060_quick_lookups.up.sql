-- Not strict, so that the planner puts them where they are called: a question about fifty thousand answers took twice as long
-- with calls.
create or replace function bin_of_level(dbfs real) returns smallint language sql immutable parallel safe as $$
    select case when dbfs is not null then least(19, greatest(0, floor((dbfs::double precision + 80) / 4))) end::smallint
$$;

create or replace function bin_of_snr(db real) returns smallint language sql immutable parallel safe as $$
    select case when db is not null then least(19, greatest(0, floor(db::double precision / 3))) end::smallint
$$;

create or replace function bin_of_share(share real) returns smallint language sql immutable parallel safe as $$
    select case when share is not null then least(19, greatest(0, floor(share::double precision * 20))) end::smallint
$$;

create or replace function bin_of_f0(hz real) returns smallint language sql immutable parallel safe as $$
    select case when hz is not null then least(19, greatest(0, floor(6 * ln(greatest(hz::double precision, 1) / 50) / 0.6931471805599453 + 1e-9))) end::smallint
$$;

-- The newest answers of models that listened along, at most so many, beside those that people got. The answers of each stream
-- are looked up once, however many of its utterances are asked for.
create or replace function paired_answers(since timestamptz, until timestamptz, most integer)
    returns table (live_model text, live_top text, shadow_model text, shadow_top text, shadow_arm text)
    language sql stable set jit = off as $$
    with shadows as materialized (
        select p.stream_id, p.utterance, p.model_name, p.top, p.arm from predictions p where p.role = 'shadow' and p.is_final
        and p.created_at >= since and p.created_at < until order by p.created_at desc, p.id desc limit most),
    lives as materialized (
        select l.* from (select distinct s.stream_id from shadows s) t
        join lateral (select p.stream_id, p.utterance, p.model_name, p.top from predictions p
            where p.id >= first_id_of(t.stream_id) and p.id <= last_id_of(t.stream_id) and p.stream_id = t.stream_id
            and p.role = 'live' and p.is_final offset 0) l on true)
    select l.model_name, l.top, s.model_name, s.top, s.arm
    from shadows s join lives l on l.stream_id = s.stream_id and l.utterance = s.utterance
$$;
