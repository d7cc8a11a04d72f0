-- Identifiers of streams and predictions that were erased. Nothing else names them any more, and they say nothing about
-- whom they were about; by them servers find what else they hold about these, such as feedback that somebody gave there.
create table erased_ids (
    id uuid primary key,
    -- erasures.seq
    erasure bigint not null
);

create index erased_ids_by_erasure on erased_ids (erasure);
create index exposures_by_unit on exposures (unit);

alter table erasures
    add column exposures bigint not null default 0,
    add column feedback bigint not null default 0;
