drop table rollup_bins;
drop table rollups;
drop function bin_of_micros;
drop function bin_of_confidence;
