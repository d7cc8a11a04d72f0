drop function judged_in_periods(text, text, timestamptz, timestamptz, integer);
drop function experiment_periods(text, text);
