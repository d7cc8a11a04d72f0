-- How rows of a stream are found when there are many partitions.

-- The identifiers of final answers share all but their last 62 bits with that of their stream, so the rows of a stream lie in
-- one range of one partition.
create function first_id_of(stream uuid) returns uuid language sql immutable strict parallel safe as $$
    select (left(stream::text, 19) || '8000-000000000000')::uuid
$$;

create function last_id_of(stream uuid) returns uuid language sql immutable strict parallel safe as $$
    select (left(stream::text, 19) || 'bfff-ffffffffffff')::uuid
$$;

-- Few answers have another model's beside them.
create index predictions_shadows on predictions (created_at desc, id desc) where role = 'shadow' and is_final;
create index feedback_by_time on feedback (received_at desc);

-- What panels show of judged answers, the newest first, at most so many judgements. Answers are looked up one by one, which
-- the planner thinks to be dearer than it is; without jit it does not compile for seconds what takes milliseconds.
create function judged_answers(since timestamptz, until timestamptz, most integer)
    returns table (model_name text, model_version text, arm text, role text, top text, confidence real, label text, correct boolean)
    language sql stable set jit = off as $$
    select p.model_name, p.model_version, p.arm, p.role, p.top, p.confidence, f.label, f.correct
    from (select f.prediction_id, f.label, f.correct from feedback f where f.received_at >= since and f.received_at < until
        and f.prediction_id is not null order by f.received_at desc limit most) f
    join lateral (select * from predictions p where p.id = f.prediction_id and p.is_final offset 0) p on true
$$;

-- The newest answers of models that listened along, at most so many, beside those that people got.
create function paired_answers(since timestamptz, until timestamptz, most integer)
    returns table (live_model text, live_top text, shadow_model text, shadow_top text, shadow_arm text)
    language sql stable set jit = off as $$
    select l.model_name, l.top, s.model_name, s.top, s.arm
    from (select p.stream_id, p.utterance, p.model_name, p.top, p.arm from predictions p where p.role = 'shadow' and p.is_final
        and p.created_at >= since and p.created_at < until order by p.created_at desc, p.id desc limit most) s
    join lateral (select p.model_name, p.top from predictions p where p.id >= first_id_of(s.stream_id)
        and p.id <= last_id_of(s.stream_id) and p.stream_id = s.stream_id and p.utterance = s.utterance
        and p.role = 'live' and p.is_final offset 0) l on true
$$;
