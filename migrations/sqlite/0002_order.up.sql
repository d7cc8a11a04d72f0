-- Answers are numbered in the order of recording, and one number tells which of them Postgres has: they are written and
-- shipped without a second row each. The outbox is left to rows that change, which are those of streams.
alter table predictions rename to predictions_unnumbered;
drop index predictions_by_time;
drop index predictions_by_stream;

-- One row per answer of a model. No foreign key to streams: an answer that was sent must be kept
-- even when the row of its stream was refused.
create table predictions (
    -- Order of recording; never used twice.
    seq integer primary key autoincrement,
    id text not null unique,
    stream_id text not null,
    utterance integer not null check (utterance >= 0),
    created_at_micros integer not null,
    model_name text not null,
    model_version text not null,
    arm text,
    role text not null check (role in ('live', 'shadow')),
    is_final integer not null check (is_final in (0, 1)),
    -- Positions from the stream's start, half open, at the pipeline's 16000 samples per second.
    start_samples integer not null check (start_samples >= 0),
    end_samples integer not null,
    start_seconds real generated always as (start_samples / 16000.0) virtual,
    end_seconds real generated always as (end_samples / 16000.0) virtual,
    -- JSON arrays of equal length: labels[i] has probabilities[i].
    labels text not null,
    probabilities text not null,
    top text not null,
    confidence real not null check (confidence between 0 and 1),
    abstained integer not null check (abstained in (0, 1)),
    queue_micros integer not null check (queue_micros >= 0),
    features_micros integer not null check (features_micros >= 0),
    inference_micros integer not null check (inference_micros >= 0),
    check (end_samples >= start_samples)
);


insert into predictions (id, stream_id, utterance, created_at_micros, model_name, model_version, arm, role, is_final, start_samples,
        end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros)
    select id, stream_id, utterance, created_at_micros, model_name, model_version, arm, role, is_final, start_samples,
        end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros
    from predictions_unnumbered as old
    where not exists (select 1 from outbox where kind = 'prediction' and id = old.id) order by id;

-- One row: predictions up to and with this number are in Postgres, or set aside.
create table shipped (
    only_row integer primary key check (only_row = 1),
    predictions_seq integer not null
);
insert into shipped select 1, coalesce(max(seq), 0) from predictions;

insert into predictions (id, stream_id, utterance, created_at_micros, model_name, model_version, arm, role, is_final, start_samples,
        end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros)
    select id, stream_id, utterance, created_at_micros, model_name, model_version, arm, role, is_final, start_samples,
        end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros
    from predictions_unnumbered as old
    where exists (select 1 from outbox where kind = 'prediction' and id = old.id) order by id;
drop table predictions_unnumbered;
delete from outbox where kind = 'prediction';

create index predictions_by_time on predictions (created_at_micros desc, id desc);
create index predictions_by_stream on predictions (stream_id, utterance);
create index set_aside_by_row on set_aside (kind, id);
create index streams_by_subject on streams (subject_key, tenant) where subject_key is not null;
