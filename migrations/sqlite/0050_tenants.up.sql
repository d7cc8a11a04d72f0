-- Answers know their tenant. Those whose stream is not here count as the default tenant's.
alter table predictions add column tenant text not null default 'default';
update predictions set tenant = (select s.tenant from streams s where s.id = stream_id)
    where exists (select 1 from streams s where s.id = stream_id and s.tenant <> 'default');
