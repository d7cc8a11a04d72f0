-- What was heard, so that it can be told when it is no longer what a model was trained on. Null where nothing was measured.
-- Root of the mean square over the utterance, in dB of full scale.
alter table predictions add column level_dbfs real;
-- Loud frames over quiet ones.
alter table predictions add column snr_db real;
-- Frames with speech in them among all of the utterance.
alter table predictions add column speech_share real;
-- Median over the voiced frames; null where there is none.
alter table predictions add column f0_hz real;
