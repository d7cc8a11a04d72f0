-- Answers and their counts know their tenant, so that nobody has to look at streams for it.

-- The default is for servers of the version before, whose rows meet the new key of the rollups and wait in their journals
-- until they are of this version too; it only keeps a row from being refused for good meanwhile. Answers whose stream is
-- not here count as the default tenant's.
alter table predictions add column tenant text not null default 'default';
update predictions p set tenant = s.tenant from streams s where s.id = p.stream_id and s.tenant <> 'default';

alter table rollups add column tenant text not null default 'default';
alter table rollups alter column tenant drop default;
alter table rollups drop constraint rollups_pkey;
alter table rollups add primary key (level, bucket, tenant, model_name, model_version, arm, role, top);

-- The measure stands before the time, so that one measure over a time is one range.
alter table rollup_bins add column tenant text not null default 'default';
alter table rollup_bins alter column tenant drop default;
alter table rollup_bins drop constraint rollup_bins_pkey;
alter table rollup_bins add primary key (level, measure, bucket, tenant, model_name, model_version, arm, role, bin);

-- What was counted of other tenants' answers moves over to them, where it is still kept; of answers that retention dropped
-- nobody knows whose they were, and they stay with the default tenant.
create temp table moved on commit drop as
    with minutes as (
        select date_bin('1 minute', created_at, timestamptz '1970-01-01 00:00:00+00') as minute, tenant, model_name, model_version,
            coalesce(arm, '') as arm, role, top, count(*) as answers, count(*) filter (where abstained) as abstained,
            sum(round(confidence * 1000000)::bigint) as confidence_micros, sum(end_samples - start_samples) as speech_samples,
            sum(queue_micros) as queue_micros, sum(features_micros) as features_micros, sum(inference_micros) as inference_micros
        from predictions where is_final and tenant <> 'default' group by 1, 2, 3, 4, 5, 6, 7)
    select level, date_bin(width, minute, timestamptz '1970-01-01 00:00:00+00') as bucket, tenant, model_name, model_version, arm,
        role, top, sum(answers)::bigint as answers, sum(abstained)::bigint as abstained,
        sum(confidence_micros)::bigint as confidence_micros, sum(speech_samples)::bigint as speech_samples,
        sum(queue_micros)::bigint as queue_micros, sum(features_micros)::bigint as features_micros,
        sum(inference_micros)::bigint as inference_micros
    from minutes cross join (values ('minute', interval '1 minute'), ('hour', interval '1 hour'), ('day', interval '1 day'))
        as levels (level, width)
    group by 1, 2, 3, 4, 5, 6, 7, 8;
insert into rollups (level, bucket, tenant, model_name, model_version, arm, role, top, answers, abstained, confidence_micros,
        speech_samples, queue_micros, features_micros, inference_micros)
    select level, bucket, tenant, model_name, model_version, arm, role, top, m.answers, m.abstained, m.confidence_micros,
        m.speech_samples, m.queue_micros, m.features_micros, m.inference_micros
    from moved m where exists (select from rollups r where r.tenant = 'default' and (r.level, r.bucket, r.model_name,
        r.model_version, r.arm, r.role, r.top) = (m.level, m.bucket, m.model_name, m.model_version, m.arm, m.role, m.top));
update rollups r set answers = r.answers - m.answers, abstained = r.abstained - m.abstained,
        confidence_micros = r.confidence_micros - m.confidence_micros, speech_samples = r.speech_samples - m.speech_samples,
        queue_micros = r.queue_micros - m.queue_micros, features_micros = r.features_micros - m.features_micros,
        inference_micros = r.inference_micros - m.inference_micros
    from (select level, bucket, model_name, model_version, arm, role, top, sum(answers)::bigint as answers,
        sum(abstained)::bigint as abstained, sum(confidence_micros)::bigint as confidence_micros,
        sum(speech_samples)::bigint as speech_samples, sum(queue_micros)::bigint as queue_micros,
        sum(features_micros)::bigint as features_micros, sum(inference_micros)::bigint as inference_micros
        from moved group by 1, 2, 3, 4, 5, 6, 7) m
    where r.tenant = 'default' and (r.level, r.bucket, r.model_name, r.model_version, r.arm, r.role, r.top)
        = (m.level, m.bucket, m.model_name, m.model_version, m.arm, m.role, m.top);
delete from rollups where answers <= 0;

create temp table moved_bins on commit drop as
    with minutes as (
        select date_bin('1 minute', created_at, timestamptz '1970-01-01 00:00:00+00') as minute, tenant, model_name, model_version,
            coalesce(arm, '') as arm, role, measure, bin, count(*) as answers
        from predictions cross join lateral (values ('confidence', bin_of_confidence(confidence)),
            ('queue', bin_of_micros(queue_micros)), ('features', bin_of_micros(features_micros)),
            ('inference', bin_of_micros(inference_micros)),
            -- As bin_of_level and so on, which being strict are called row by row.
            ('level', case when level_dbfs is not null then least(19, greatest(0, floor((level_dbfs::double precision + 80) / 4)))::smallint end),
            ('snr', case when snr_db is not null then least(19, greatest(0, floor(snr_db::double precision / 3)))::smallint end),
            ('speech', case when speech_share is not null then least(19, greatest(0, floor(speech_share::double precision * 20)))::smallint end),
            ('f0', case when f0_hz is not null then least(19, greatest(0, floor(6 * ln(greatest(f0_hz::double precision, 1) / 50)
                / 0.6931471805599453 + 1e-9)))::smallint end)) as measures (measure, bin)
        where is_final and tenant <> 'default' and bin is not null group by 1, 2, 3, 4, 5, 6, 7, 8)
    select level, date_bin(width, minute, timestamptz '1970-01-01 00:00:00+00') as bucket, tenant, model_name, model_version, arm,
        role, measure, bin, sum(answers)::bigint as answers
    from minutes cross join (values ('minute', interval '1 minute'), ('hour', interval '1 hour'), ('day', interval '1 day'))
        as levels (level, width)
    where level <> 'minute' or measure in ('confidence', 'queue', 'features', 'inference')
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9;
insert into rollup_bins (level, measure, bucket, tenant, model_name, model_version, arm, role, bin, answers)
    select level, measure, bucket, tenant, model_name, model_version, arm, role, bin, m.answers
    from moved_bins m where exists (select from rollup_bins r where r.tenant = 'default' and (r.level, r.measure, r.bucket,
        r.model_name, r.model_version, r.arm, r.role, r.bin)
        = (m.level, m.measure, m.bucket, m.model_name, m.model_version, m.arm, m.role, m.bin));
update rollup_bins r set answers = r.answers - m.answers
    from (select level, bucket, model_name, model_version, arm, role, measure, bin, sum(answers)::bigint as answers
        from moved_bins group by 1, 2, 3, 4, 5, 6, 7, 8) m
    where r.tenant = 'default' and (r.level, r.measure, r.bucket, r.model_name, r.model_version, r.arm, r.role, r.bin)
        = (m.level, m.measure, m.bucket, m.model_name, m.model_version, m.arm, m.role, m.bin);
delete from rollup_bins where answers <= 0;

-- What one tenant may look up: its own shadows and feedback.
create index predictions_shadows_of_tenant on predictions (tenant, created_at desc, id desc) where role = 'shadow' and is_final;
create index feedback_of_tenant on feedback (tenant, received_at desc);

create or replace function judged_answers(since timestamptz, until timestamptz, most integer)
    returns table (model_name text, model_version text, arm text, role text, top text, confidence real, label text, correct boolean)
    language sql stable set jit = off as $$
    select p.model_name, p.model_version, p.arm, p.role, p.top, p.confidence, f.label, f.correct
    from (select f.tenant, f.prediction_id, f.label, f.correct from feedback f where f.received_at >= since and f.received_at < until
        and f.prediction_id is not null order by f.received_at desc limit most) f
    join lateral (select * from predictions p where p.id = f.prediction_id and p.is_final offset 0) p on p.tenant = f.tenant
$$;
