-- Names, units and identifiers are one tenant's again; what other tenants have beside "default" cannot stay.
delete from experiments where tenant <> 'default';
alter table experiments drop constraint experiments_pkey, add primary key (name), drop column tenant;
delete from experiment_changes where tenant <> 'default';
alter table experiment_changes drop constraint experiment_changes_pkey, add primary key (experiment, revision), drop column tenant;
delete from exposures where tenant <> 'default';
alter table exposures drop constraint exposures_pkey, add primary key (experiment, unit, origin), drop column tenant;
delete from feedback where tenant <> 'default';
alter table feedback drop constraint feedback_pkey, add primary key (id), drop column tenant;
