-- The newest answers of an experiment's arms that listened along, at most so many, beside those that people got: those of one
-- tenant, whatever others call their experiments. The answers of each stream are looked up once, however many of its utterances
-- are asked for.
create function paired_in_experiment(of_tenant text, of_experiment text, since timestamptz, until timestamptz, most integer)
    returns table (live_model text, live_top text, shadow_model text, shadow_top text)
    language sql stable set jit = off as $$
    with shadows as materialized (
        select p.stream_id, p.utterance, p.model_name, p.top from predictions p where p.role = 'shadow' and p.is_final
        and p.tenant = of_tenant and split_part(p.arm, '/', 1) = of_experiment
        and p.created_at >= since and p.created_at < until order by p.created_at desc, p.id desc limit most),
    lives as materialized (
        select l.* from (select distinct s.stream_id from shadows s) t
        join lateral (select p.stream_id, p.utterance, p.model_name, p.top from predictions p
            where p.id >= first_id_of(t.stream_id) and p.id <= last_id_of(t.stream_id) and p.stream_id = t.stream_id
            and p.role = 'live' and p.is_final offset 0) l on true)
    select l.model_name, l.top, s.model_name, s.top
    from shadows s join lives l on l.stream_id = s.stream_id and l.utterance = s.utterance
$$;

drop function paired_answers(timestamptz, timestamptz, integer);
