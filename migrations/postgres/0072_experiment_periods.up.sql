-- What panels need to compare arms within the times between changes of their weights.

-- The times between changes of an experiment's weights, as reports count them: from 1 on, the first one with the weights that
-- were in force when units began to come.
create function experiment_periods(of_tenant text, of_experiment text)
    returns table (period bigint, since timestamptz, until timestamptz, weights text)
    language sql stable as $$
    with revisions as (
        select c.revision, c.at, (
            select string_agg((arm ->> 'name') || ' ' || coalesce(arm ->> 'weight', '0'), ' / ' order by place)
            from jsonb_array_elements(c.definition -> 'arms') with ordinality as arms (arm, place)
            where not coalesce((arm ->> 'shadow')::boolean, false)) as weights
        from experiment_changes c where c.tenant = of_tenant and c.experiment = of_experiment),
    changed as (
        select * from (select r.*, lag(r.weights) over (order by r.revision) as before from revisions r) r
        where r.before is distinct from r.weights),
    begun as (
        select coalesce(max(c.revision), 0) as revision from changed c join experiments e
        on e.tenant = of_tenant and e.name = of_experiment
        and c.at <= timestamptz 'epoch' + (e.progress ->> 'started_at_micros')::bigint * interval '1 microsecond')
    select row_number() over later, case when row_number() over later = 1 then '-infinity' else c.at end,
        lead(c.at, 1, 'infinity') over later, c.weights
    from changed c join begun b on c.revision >= b.revision window later as (order by c.revision)
$$;

-- The newest answers of an experiment's arms that were judged, at most so many judgements, each with the weights under which its
-- stream got its arm. What was said last about an answer counts, and an answer that abstained is not right.
create function judged_in_periods(of_tenant text, of_experiment text, since timestamptz, until timestamptz, most integer)
    returns table (period bigint, weights text, arm text, role text, is_right boolean)
    language sql stable set jit = off as $$
    select t.period, t.weights, p.arm, p.role, coalesce(f.correct, f.label = p.top) and not p.abstained
    from (select distinct on (f.prediction_id) f.prediction_id, f.label, f.correct from (
            select * from feedback f where f.tenant = of_tenant and f.received_at >= since and f.received_at < until
            and f.prediction_id is not null order by f.received_at desc limit most) f
        order by f.prediction_id, f.said_at desc, f.received_at desc, f.id desc) f
    join lateral (select * from predictions p where p.id = f.prediction_id and p.is_final offset 0) p
        on p.tenant = of_tenant and split_part(p.arm, '/', 1) = of_experiment
    join lateral (select s.opened_at from streams s where s.id = p.stream_id offset 0) s on true
    join experiment_periods(of_tenant, of_experiment) t on s.opened_at >= t.since and s.opened_at < t.until
$$;
