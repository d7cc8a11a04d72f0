drop table predictions;
drop table streams;
