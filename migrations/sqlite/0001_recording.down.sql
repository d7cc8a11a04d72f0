drop table set_aside;
drop table outbox;
drop table predictions;
drop table streams;
