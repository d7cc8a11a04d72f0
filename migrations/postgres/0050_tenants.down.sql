-- Back to counts of all tenants together, and to streams that alone know theirs.
create or replace function judged_answers(since timestamptz, until timestamptz, most integer)
    returns table (model_name text, model_version text, arm text, role text, top text, confidence real, label text, correct boolean)
    language sql stable set jit = off as $$
    select p.model_name, p.model_version, p.arm, p.role, p.top, p.confidence, f.label, f.correct
    from (select f.tenant, f.prediction_id, f.label, f.correct from feedback f where f.received_at >= since and f.received_at < until
        and f.prediction_id is not null order by f.received_at desc limit most) f
    join lateral (select * from predictions p where p.id = f.prediction_id and p.is_final offset 0) p on true
    join lateral (select tenant from streams s where s.id = p.stream_id offset 0) s on s.tenant = f.tenant
$$;
drop index feedback_of_tenant;
drop index predictions_shadows_of_tenant;

create temp table together on commit drop as
    select level, bucket, model_name, model_version, arm, role, top, sum(answers)::bigint as answers, sum(abstained)::bigint as abstained,
        sum(confidence_micros)::bigint as confidence_micros, sum(speech_samples)::bigint as speech_samples,
        sum(queue_micros)::bigint as queue_micros, sum(features_micros)::bigint as features_micros,
        sum(inference_micros)::bigint as inference_micros
    from rollups group by 1, 2, 3, 4, 5, 6, 7;
truncate rollups;
alter table rollups drop column tenant;
alter table rollups add primary key (level, bucket, model_name, model_version, arm, role, top);
insert into rollups select * from together;

create temp table together_bins on commit drop as
    select level, bucket, model_name, model_version, arm, role, measure, bin, sum(answers)::bigint as answers
    from rollup_bins group by 1, 2, 3, 4, 5, 6, 7, 8;
truncate rollup_bins;
alter table rollup_bins drop column tenant;
alter table rollup_bins add primary key (level, bucket, measure, model_name, model_version, arm, role, bin);
insert into rollup_bins select * from together_bins;

alter table predictions drop column tenant;
