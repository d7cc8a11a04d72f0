create or replace function bin_of_level(dbfs real) returns smallint language sql immutable strict parallel safe as $$
    select least(19, greatest(0, floor((dbfs::double precision + 80) / 4)))::smallint
$$;

create or replace function bin_of_snr(db real) returns smallint language sql immutable strict parallel safe as $$
    select least(19, greatest(0, floor(db::double precision / 3)))::smallint
$$;

create or replace function bin_of_share(share real) returns smallint language sql immutable strict parallel safe as $$
    select least(19, greatest(0, floor(share::double precision * 20)))::smallint
$$;

create or replace function bin_of_f0(hz real) returns smallint language sql immutable strict parallel safe as $$
    select least(19, greatest(0, floor(6 * ln(greatest(hz::double precision, 1) / 50) / 0.6931471805599453 + 1e-9)))::smallint
$$;

create or replace function paired_answers(since timestamptz, until timestamptz, most integer)
    returns table (live_model text, live_top text, shadow_model text, shadow_top text, shadow_arm text)
    language sql stable set jit = off as $$
    select l.model_name, l.top, s.model_name, s.top, s.arm
    from (select p.stream_id, p.utterance, p.model_name, p.top, p.arm from predictions p where p.role = 'shadow' and p.is_final
        and p.created_at >= since and p.created_at < until order by p.created_at desc, p.id desc limit most) s
    join lateral (select p.model_name, p.top from predictions p where p.id >= first_id_of(s.stream_id)
        and p.id <= last_id_of(s.stream_id) and p.stream_id = s.stream_id and p.utterance = s.utterance
        and p.role = 'live' and p.is_final offset 0) l on true
$$;
