drop index feedback_by_time;
