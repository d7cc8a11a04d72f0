-- Identifiers of streams and predictions that were erased. Nothing else names them any more, and they say nothing about
-- whom they were about; by them feedback is known that comes too late.
create table erased_ids (
    id text primary key
) without rowid;

create index exposures_by_unit on exposures (unit);

alter table erasures add column exposures integer not null default 0;
alter table erasures add column feedback integer not null default 0;

-- Whom a record is about that the journal refused: it has no other row here.
alter table set_aside add column tenant text;
alter table set_aside add column subject_key text;
alter table set_aside add column stream_id text;
