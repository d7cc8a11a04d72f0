-- What was heard, so that it can be told when it is no longer what a model was trained on. Null where nothing was measured.
alter table predictions
    -- Root of the mean square over the utterance, in dB of full scale.
    add column level_dbfs real,
    -- Loud frames over quiet ones.
    add column snr_db real,
    -- Frames with speech in them among all of the utterance.
    add column speech_share real,
    -- Median over the voiced frames; null where there is none.
    add column f0_hz real;

-- Twenty bins each, the same as in the training profiles of bundles: 4 dB from -80 dB, 3 dB from 0 dB, 0.05, and two
-- semitones from 50 Hz. What lies beyond counts to the outermost.
create function bin_of_level(dbfs real) returns smallint language sql immutable strict parallel safe as $$
    select least(19, greatest(0, floor((dbfs::double precision + 80) / 4)))::smallint
$$;

create function bin_of_snr(db real) returns smallint language sql immutable strict parallel safe as $$
    select least(19, greatest(0, floor(db::double precision / 3)))::smallint
$$;

create function bin_of_share(share real) returns smallint language sql immutable strict parallel safe as $$
    select least(19, greatest(0, floor(share::double precision * 20)))::smallint
$$;

create function bin_of_f0(hz real) returns smallint language sql immutable strict parallel safe as $$
    select least(19, greatest(0, floor(6 * ln(greatest(hz::double precision, 1) / 50) / 0.6931471805599453 + 1e-9)))::smallint
$$;

-- What was heard is counted by the hour and the day only: by the minute there would be more bins than answers.
alter table rollup_bins drop constraint rollup_bins_measure_check;
alter table rollup_bins add constraint rollup_bins_measure_check
    check (measure in ('confidence', 'queue', 'features', 'inference', 'level', 'snr', 'speech', 'f0'));
