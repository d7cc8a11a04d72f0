-- Experiments, exposures and feedback belong to a tenant, as streams do: two tenants may use one name, and one subject key.

alter table experiments add column tenant text not null default 'default';
alter table experiments alter column tenant drop default;
alter table experiments drop constraint experiments_pkey, add primary key (tenant, name);

alter table experiment_changes add column tenant text not null default 'default';
alter table experiment_changes alter column tenant drop default;
alter table experiment_changes drop constraint experiment_changes_pkey, add primary key (tenant, experiment, revision);

alter table exposures add column tenant text not null default 'default';
update exposures e set tenant = s.tenant from streams s where s.id = e.stream_id;
alter table exposures alter column tenant drop default;
alter table exposures drop constraint exposures_pkey, add primary key (tenant, experiment, unit, origin);

-- What was said so far holds for whose answer it was about.
alter table feedback add column tenant text not null default 'default';
update feedback f set tenant = s.tenant from predictions p join streams s on s.id = p.stream_id where p.id = f.prediction_id;
update feedback f set tenant = s.tenant from streams s where s.id = f.stream_id;
alter table feedback alter column tenant drop default;
alter table feedback drop constraint feedback_pkey, add primary key (tenant, id);

-- What another tenant says of an answer is nothing to those who look at it.
create or replace function judged_answers(since timestamptz, until timestamptz, most integer)
    returns table (model_name text, model_version text, arm text, role text, top text, confidence real, label text, correct boolean)
    language sql stable set jit = off as $$
    select p.model_name, p.model_version, p.arm, p.role, p.top, p.confidence, f.label, f.correct
    from (select f.tenant, f.prediction_id, f.label, f.correct from feedback f where f.received_at >= since and f.received_at < until
        and f.prediction_id is not null order by f.received_at desc limit most) f
    join lateral (select * from predictions p where p.id = f.prediction_id and p.is_final offset 0) p on true
    join lateral (select tenant from streams s where s.id = p.stream_id offset 0) s on s.tenant = f.tenant
$$;
