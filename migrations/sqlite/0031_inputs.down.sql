alter table predictions drop column level_dbfs;
alter table predictions drop column snr_db;
alter table predictions drop column speech_share;
alter table predictions drop column f0_hz;
