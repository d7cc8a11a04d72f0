drop index predictions_by_arm;
drop table feedback;
drop table exposures;
drop table experiment_changes;
drop table experiments;
