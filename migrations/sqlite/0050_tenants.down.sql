alter table predictions drop column tenant;
