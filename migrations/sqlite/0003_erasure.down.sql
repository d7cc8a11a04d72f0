drop table exports;
drop table erasures_followed;
drop table erasures;
