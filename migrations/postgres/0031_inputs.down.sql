delete from rollup_bins where measure in ('level', 'snr', 'speech', 'f0');
alter table rollup_bins drop constraint rollup_bins_measure_check;
alter table rollup_bins add constraint rollup_bins_measure_check
    check (measure in ('confidence', 'queue', 'features', 'inference'));
drop function bin_of_level(real), bin_of_snr(real), bin_of_share(real), bin_of_f0(real);
alter table predictions drop column level_dbfs, drop column snr_db, drop column speech_share, drop column f0_hz;
