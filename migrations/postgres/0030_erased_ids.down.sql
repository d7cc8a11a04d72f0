alter table erasures drop column exposures, drop column feedback;
drop index exposures_by_unit;
drop table erased_ids;
