-- Streams whose rows Postgres refused, which are set aside in a server's journal, while their answers are here: by this an
-- erasure finds whose they are.
create table refused_streams (
    id uuid primary key,
    tenant text not null,
    -- SHA-256 of the subject key as it would be stored, in hexadecimal digits.
    subject_sha256 text not null
);

create index refused_streams_by_subject on refused_streams (tenant, subject_sha256);
