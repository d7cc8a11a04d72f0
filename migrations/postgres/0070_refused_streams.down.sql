drop table refused_streams;
