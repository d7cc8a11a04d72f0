//! A run on disk.

use super::optimiser::AdamW;
use super::plan::Plan;
use super::run::{EpochReport, Run};
use crate::archive::Archive;
use crate::{Architecture, Ensemble, Interface, Network, Parameters, TrainError};
use serde::{Deserialize, Serialize};
use std::path::Path;

const RUN: &str = "run";
const CHECKSUM: &str = "checksum";
const PARAMETERS: &str = "parameters/";
const AVERAGE: &str = "average/";
const MOMENTS: [&str; 2] = ["first_moment/", "second_moment/"];

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    architecture: Architecture,
    interface: Interface,
    plan: Plan,
    steps: u32,
    reports: Vec<EpochReport>,
    #[serde(default)]
    seconds: f64,
    #[serde(default)]
    origin: String,
}

impl Run {
    /// Writes everything the next epoch depends on, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        let notes = Notes {
            architecture: self.network.architecture().clone(),
            interface: self.network.interface(),
            plan: self.plan.clone(),
            steps: self.optimiser.steps,
            reports: self.reports.clone(),
            seconds: self.seconds,
            origin: self.origin.clone(),
        };
        let mut archive = Archive::default();
        let notes = serde_json::to_string(&notes).expect("numbers, text and lists are JSON");
        archive.notes.insert(RUN.into(), notes);
        for (prefix, parameters) in [(PARAMETERS, self.network.parameters()), (AVERAGE, &self.average)] {
            for (name, parameter) in parameters.iter() {
                let array = (parameter.shape.clone(), parameter.values.clone());
                archive.arrays.insert(format!("{prefix}{name}"), array);
            }
        }
        for (name, moments) in &self.optimiser.moments {
            for (prefix, values) in MOMENTS.iter().zip(moments) {
                archive.arrays.insert(format!("{prefix}{name}"), (vec![values.len()], values.clone()));
            }
        }
        archive.notes.insert(CHECKSUM.into(), archive.checksum());
        archive.write(path)
    }

    /// Reads what [`Self::save`] wrote. The teacher, if there was one, is not part of it.
    pub fn load(path: &Path, teacher: Option<Ensemble>) -> Result<Self, TrainError> {
        let mut archive = Archive::read(path)?;
        let refuse = |reason: String| TrainError::Checkpoint { path: path.to_owned(), reason };
        // Checkpoints of earlier versions have none.
        if archive.notes.get(CHECKSUM).is_some_and(|noted| *noted != archive.checksum()) {
            return Err(refuse("its values are damaged".into()));
        }
        let text = archive.notes.get(RUN).ok_or_else(|| refuse("it holds no run".into()))?;
        let notes: Notes = serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
        let mut network = Network::new(notes.architecture, notes.interface, u64::from(notes.plan.seed));
        let mut average = network.parameters().clone();
        fill(&mut average, AVERAGE, &mut archive).map_err(refuse)?;
        fill(network.parameters_mut(), PARAMETERS, &mut archive).map_err(refuse)?;
        let optimiser = optimiser(&network, &mut archive, notes.steps).map_err(refuse)?;
        Ok(Self {
            plan: notes.plan,
            network,
            average,
            optimiser,
            reports: notes.reports,
            teacher,
            seconds: notes.seconds,
            origin: notes.origin,
        })
    }
}

fn fill(parameters: &mut Parameters, prefix: &str, archive: &mut Archive) -> Result<(), String> {
    for (name, parameter) in parameters.iter_mut() {
        match archive.arrays.remove(&format!("{prefix}{name}")) {
            Some((shape, values)) if shape == parameter.shape => parameter.values = values,
            _ => return Err(format!("`{prefix}{name}` is missing or has another shape")),
        }
    }
    Ok(())
}

fn optimiser(network: &Network, archive: &mut Archive, steps: u32) -> Result<AdamW, String> {
    let mut optimiser = AdamW { steps, ..AdamW::default() };
    for (name, parameter) in network.parameters().iter() {
        let [first, second] = MOMENTS.map(|prefix| archive.arrays.remove(&format!("{prefix}{name}")));
        match (first, second) {
            (Some((_, first)), Some((_, second)))
                if first.len() == parameter.values.len() && second.len() == first.len() =>
            {
                optimiser.moments.insert(name.to_owned(), [first, second]);
            }
            (None, None) => {}
            _ => return Err(format!("the moments of `{name}` do not fit")),
        }
    }
    Ok(optimiser)
}
