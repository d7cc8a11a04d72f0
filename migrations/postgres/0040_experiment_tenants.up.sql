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
