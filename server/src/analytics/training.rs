//! How far what is heard and answered is from what the models learnt from, which their bundles tell in a profile.

use super::Figures;
use super::asked::Asked;
use super::statistics::{jensen_shannon, stability_index};
use crate::access::Caller;
use crate::grpc::store_failed;
use crate::settings::DriftSettings;
use std::collections::BTreeMap;
use tonic::Status;
use undertone_bundle::{Histogram, Profile};
use undertone_core::{INPUT_BINS, InputMeasure, ModelRef};
use undertone_proto::v1;
use undertone_store::{AnalyticsQuery, GroupKey, Grouping, Measure};

/// Shares are compared as counts of so many.
const WHOLE: f64 = 1e6;
const BY_VERSION: Grouping = Grouping { model: true, version: true, arm: false, role: false };

impl Figures {
    pub(super) async fn training_drift(
        &self,
        request: &v1::QueryTrainingDriftRequest,
        caller: &Caller,
    ) -> Result<v1::QueryTrainingDriftResponse, Status> {
        let v1::QueryTrainingDriftRequest { range, filter } = request;
        let query = Asked { range: *range, filter: filter.as_ref(), group_by: &[], caller }.check(self)?;
        Ok(v1::QueryTrainingDriftResponse {
            models: self
                .drift_from_training(&AnalyticsQuery { grouping: BY_VERSION, ..query.in_hours() })
                .await?,
            stability_threshold: self.drift.stability_index,
            divergence_threshold: self.drift.divergence,
        })
    }

    /// Of every version that answered. `query` tells apart by model and version.
    pub(super) async fn drift_from_training(
        &self,
        query: &AnalyticsQuery,
    ) -> Result<Vec<v1::TrainingDrift>, Status> {
        let (labels, heard) = tokio::try_join!(self.top_counts(query), self.heard_counts(query))?;
        let nothing = BTreeMap::new();
        let of = |(group, labels): (&GroupKey, &BTreeMap<String, u64>)| {
            self.of_version(group, labels, heard.get(group).unwrap_or(&nothing))
        };
        Ok(labels.iter().map(of).collect())
    }

    async fn heard_counts(
        &self,
        query: &AnalyticsQuery,
    ) -> Result<BTreeMap<GroupKey, BTreeMap<InputMeasure, Vec<u64>>>, Status> {
        let rows = self.store.bins(query, &InputMeasure::ALL.map(Measure::Heard)).await;
        let mut heard: BTreeMap<GroupKey, BTreeMap<InputMeasure, Vec<u64>>> = BTreeMap::new();
        for row in rows.map_err(|error| store_failed(&error))? {
            let Measure::Heard(measure) = row.measure else { continue };
            let bins = heard.entry(row.group).or_default();
            let bins = bins.entry(measure).or_insert_with(|| vec![0; INPUT_BINS]);
            bins[usize::try_from(row.bin).unwrap_or(0).min(INPUT_BINS - 1)] += row.answers.unsigned_abs();
        }
        Ok(heard)
    }

    fn of_version(
        &self,
        group: &GroupKey,
        labels: &BTreeMap<String, u64>,
        heard: &BTreeMap<InputMeasure, Vec<u64>>,
    ) -> v1::TrainingDrift {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let model = ModelRef { name: text(&group.model_name), version: text(&group.model_version) };
        let answers = labels.values().sum();
        let (measures, unavailable) = match self.profile_of(&model) {
            Ok((names, profile)) => (compared(&self.drift, &names, &profile, (labels, heard)), String::new()),
            Err(sentence) => (Vec::new(), sentence),
        };
        v1::TrainingDrift { model: model.name, version: model.version, answers, measures, unavailable }
    }

    /// The labels and the profile of a version that is served, or why there is none.
    fn profile_of(&self, model: &ModelRef) -> Result<(Vec<String>, Profile), String> {
        let served = self.models.ready();
        let loaded = served
            .list()
            .find(|own| own.manifest().name == model.name && own.manifest().version == model.version);
        let Some(loaded) = loaded else {
            return Err(format!("{model} is not served here, so what it learnt from is not known"));
        };
        let manifest = loaded.manifest();
        let Some(profile) = &manifest.profile else {
            return Err(format!(
                "the bundle of {model} has no training profile: `undertone-trainer profile` writes one into it"
            ));
        };
        let strange = InputMeasure::ALL.into_iter().find(|measure| {
            let histogram = profile.inputs.get(measure.name());
            histogram.is_some_and(|own| !same_bins(own, *measure))
        });
        match strange {
            Some(measure) => Err(format!(
                "the training profile of {model} has other bins of {} than this server: write it again with \
                 `undertone-trainer profile`",
                measure.name()
            )),
            None => Ok((manifest.labels.clone(), profile.clone())),
        }
    }
}

fn same_bins(histogram: &Histogram, measure: InputMeasure) -> bool {
    let edges = measure.edges();
    let near = |(own, other): (&f32, &f32)| (own - other).abs() <= 1e-3 * other.abs().max(1.0);
    histogram.edges.len() == edges.len() && histogram.edges.iter().zip(&edges).all(near)
}

fn compared(
    limits: &DriftSettings,
    names: &[String],
    profile: &Profile,
    (labels, heard): (&BTreeMap<String, u64>, &BTreeMap<InputMeasure, Vec<u64>>),
) -> Vec<v1::MeasureDrift> {
    let mut measures = Vec::new();
    for (measure, bins) in heard {
        if let Some(learnt) = profile.inputs.get(measure.name()) {
            measures.push(drift(limits, measure.name(), bins, &learnt.counts));
        }
    }
    let answered: Vec<u64> = names.iter().map(|name| labels.get(name).copied().unwrap_or(0)).collect();
    let learnt: Vec<u64> = profile.label_shares.iter().map(|share| (share * WHOLE).round() as u64).collect();
    measures.push(drift(limits, "labels", &answered, &learnt));
    measures
}

fn drift(limits: &DriftSettings, measure: &str, now: &[u64], learnt: &[u64]) -> v1::MeasureDrift {
    let answers = now.iter().sum();
    let (divergence, stability) = (jensen_shannon(now, learnt), stability_index(now, learnt));
    let far = stability >= limits.stability_index || divergence >= limits.divergence;
    v1::MeasureDrift {
        measure: measure.to_owned(),
        answers,
        divergence,
        stability_index: stability,
        drifted: far && answers >= limits.min_answers,
    }
}
