alter table set_aside drop column tenant;
alter table set_aside drop column subject_key;
alter table set_aside drop column stream_id;
alter table erasures drop column exposures;
alter table erasures drop column feedback;
drop index exposures_by_unit;
drop table erased_ids;
