-- What was taken out on request, for whom it must be shown. The subject's key is not in it, only its SHA-256, by which
-- every server finds what its own journal still holds of the subject.
create table erasures (
    seq bigint generated always as identity primary key,
    at timestamptz not null default now(),
    tenant text not null,
    subject_sha256 text not null,
    streams bigint not null,
    predictions bigint not null
);

-- Files that were written out of this database.
create table exports (
    seq bigint generated always as identity primary key,
    at timestamptz not null default now(),
    path text not null,
    format text not null,
    -- Answers made in [from_time, to_time).
    from_time timestamptz not null,
    to_time timestamptz not null,
    rows bigint not null,
    -- When an erasure took out rows that the file holds: it is to be made again, or deleted.
    stale_since timestamptz
);
