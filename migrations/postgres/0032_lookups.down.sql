drop function judged_answers(timestamptz, timestamptz, integer), paired_answers(timestamptz, timestamptz, integer);
drop index feedback_by_time;
drop index predictions_shadows;
drop function first_id_of(uuid), last_id_of(uuid);
