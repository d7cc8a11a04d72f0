-- The newest feedback is looked at first.
create index feedback_by_time on feedback (received_at_micros desc);
