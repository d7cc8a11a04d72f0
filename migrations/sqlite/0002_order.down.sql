-- Back to one outbox for all; every row stays.
drop index streams_by_subject;
drop index set_aside_by_row;
alter table predictions rename to predictions_numbered;
drop index predictions_by_time;
drop index predictions_by_stream;

-- One row per answer of a model. No foreign key to streams: an answer that was sent must be kept
-- even when the row of its stream was refused.
create table predictions (
    id text primary key,
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
    labels text not null check (json_type(labels) = 'array'),
    probabilities text not null check (json_type(probabilities) = 'array'),
    top text not null,
    confidence real not null check (confidence between 0 and 1),
    abstained integer not null check (abstained in (0, 1)),
    queue_micros integer not null check (queue_micros >= 0),
    features_micros integer not null check (features_micros >= 0),
    inference_micros integer not null check (inference_micros >= 0),
    check (end_samples >= start_samples),
    check (json_array_length(labels) = json_array_length(probabilities))
) without rowid;


insert into predictions (id, stream_id, utterance, created_at_micros, model_name, model_version, arm, role, is_final, start_samples,
        end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros)
    select id, stream_id, utterance, created_at_micros, model_name, model_version, arm, role, is_final, start_samples,
        end_samples, labels, probabilities, top, confidence, abstained, queue_micros, features_micros, inference_micros
    from predictions_numbered;
insert into outbox (kind, id)
    select 'prediction', id from predictions_numbered
    where seq > (select predictions_seq from shipped) order by seq;
drop table predictions_numbered;
drop table shipped;

create index predictions_by_time on predictions (created_at_micros desc, id desc);
create index predictions_by_stream on predictions (stream_id, utterance);
