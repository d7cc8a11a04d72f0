-- The newest answers of models that listened along, at most so many, beside those that people got. The answers of each stream
-- are looked up once, however many of its utterances are asked for.
create function paired_answers(since timestamptz, until timestamptz, most integer)
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

drop function paired_in_experiment(text, text, timestamptz, timestamptz, integer);
