create or replace function judged_answers(since timestamptz, until timestamptz, most integer)
    returns table (model_name text, model_version text, arm text, role text, top text, confidence real, label text, correct boolean)
    language sql stable set jit = off as $$
    select p.model_name, p.model_version, p.arm, p.role, p.top, p.confidence, f.label, f.correct
    from (select f.prediction_id, f.label, f.correct from feedback f where f.received_at >= since and f.received_at < until
        and f.prediction_id is not null order by f.received_at desc limit most) f
    join lateral (select * from predictions p where p.id = f.prediction_id and p.is_final offset 0) p on true
$$;

-- Names, units and identifiers are one tenant's again; what other tenants have beside "default" cannot stay.
delete from experiments where tenant <> 'default';
alter table experiments drop constraint experiments_pkey, add primary key (name), drop column tenant;
delete from experiment_changes where tenant <> 'default';
alter table experiment_changes drop constraint experiment_changes_pkey, add primary key (experiment, revision), drop column tenant;
delete from exposures where tenant <> 'default';
alter table exposures drop constraint exposures_pkey, add primary key (experiment, unit, origin), drop column tenant;
delete from feedback where tenant <> 'default';
alter table feedback drop constraint feedback_pkey, add primary key (id), drop column tenant;
