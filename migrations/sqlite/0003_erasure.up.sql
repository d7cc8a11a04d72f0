-- What was taken out on request. The subject's key is not in it, only its SHA-256.
create table erasures (
    seq integer primary key autoincrement,
    at_micros integer not null,
    tenant text not null,
    subject_sha256 text not null,
    streams integer not null,
    predictions integer not null
);

-- Up to which number the erasures of Postgres were done here too.
create table erasures_followed (
    only_row integer primary key check (only_row = 1),
    postgres_seq integer not null
);
insert into erasures_followed values (1, 0);

-- Files that were written out of this journal.
create table exports (
    seq integer primary key autoincrement,
    at_micros integer not null,
    path text not null,
    format text not null,
    -- Answers made in [from_micros, to_micros).
    from_micros integer not null,
    to_micros integer not null,
    rows integer not null,
    -- When an erasure took out rows that the file holds: it is to be made again, or deleted.
    stale_since_micros integer
);
