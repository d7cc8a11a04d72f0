-- By which revision of its experiment a unit got its arm, and how large the arm was; 0 where nobody wrote it down.
alter table exposures add column revision integer not null default 0;
