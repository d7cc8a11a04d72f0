alter table exposures drop column revision;
