//! `train`: a bundle.

use super::material::{MaterialArguments, RAVDESS};
use super::progress;
use anyhow::{Context, bail};
use clap::Args;
use std::path::PathBuf;
use undertone_evaluation::{Evidence, Figures, Summary};
use undertone_trainer::dataset::{HeldOut, Speaker};
use undertone_trainer::evaluation::{Decision, DecisionRule};
use undertone_trainer::{DataSheet, Origin, Shipment, SplitRule, Trained, TrainingRecipe};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    material: MaterialArguments,
    /// Bundle folder to write: its last two parts are the model's name and version.
    #[arg(long, value_name = "models/NAME/VERSION")]
    out: PathBuf,
    /// Speakers for the final figures only.
    #[arg(long, value_delimiter = ',')]
    test_speakers: Vec<String>,
    /// Speakers for temperature and thresholds.
    #[arg(long, value_delimiter = ',')]
    validation_speakers: Vec<String>,
    /// Learn from everybody, and take figures and thresholds from this folder of cross-validation.
    #[arg(long, value_name = "models/NAME/evaluation", conflicts_with_all = ["test_speakers", "validation_speakers"])]
    evidence: Option<PathBuf>,
    #[command(flatten)]
    sheet: Sheet,
}

/// What the card says about the data; RAVDESS when nothing is given.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data sheet")]
struct Sheet {
    /// Name of the data set.
    #[arg(long, requires_all = ["licence", "citation"])]
    dataset: Option<String>,
    /// Licence of data and weights.
    #[arg(long, requires = "dataset")]
    licence: Option<String>,
    /// How to cite the data.
    #[arg(long, requires = "dataset")]
    citation: Option<String>,
    /// What the clips are like: who speaks, what, where.
    #[arg(long, requires = "dataset")]
    about: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.evidence.is_none() && arguments.test_speakers.is_empty() {
        bail!(
            "nothing tells how good the model is: give --test-speakers, or --evidence of a cross-validation"
        );
    }
    let sheet = arguments.sheet.read(&arguments.material.corpus)?;
    let recipe = arguments.material.recipe()?;
    let speakers = |names: &[String]| names.iter().map(|name| Speaker::new(name)).collect();
    let held_out = HeldOut {
        validation: speakers(&arguments.validation_speakers),
        test: speakers(&arguments.test_speakers),
    };
    let evidence = arguments.evidence.as_deref().map(Evidence::open).transpose()?;
    let quoted = evidence.as_ref().map(|evidence| Quoted::of(&recipe, evidence)).transpose()?;
    let folder =
        arguments.out.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let job = arguments.material.job(&recipe, SplitRule::Speakers(held_out), &folder);
    let trained =
        job.train(arguments.material.checkpoints(), &mut progress::print).context("training failed")?;
    let (origin, decision, stream_temperature) = match quoted {
        Some(Quoted { summary, decision, stream_temperature }) => {
            (Origin::Evidence(Box::new(summary)), Some(decision), stream_temperature)
        }
        None => measured(&recipe, &trained)?,
    };
    let shipment =
        Shipment { recipe: &recipe, trained: &trained, decision, stream_temperature, origin, sheet: &sheet };
    shipment.write(&arguments.out).context("cannot ship the networks")?;
    println!("{} is written", arguments.out.display());
    Ok(())
}

/// What a bundle takes from cross-validation; known before the training begins.
struct Quoted {
    summary: Summary,
    decision: Decision,
    stream_temperature: Option<f32>,
}

impl Quoted {
    fn of(recipe: &TrainingRecipe, evidence: &Evidence) -> anyhow::Result<Self> {
        recipe.check_evidence(evidence)?;
        let decision = recipe.decision.fit_to_evidence(evidence);
        let decision =
            decision.context("the evidence holds no speaker-independent folds with a temperature")?;
        let stream_temperature = DecisionRule::stream_temperature(evidence);
        Ok(Self { summary: Summary::of(evidence), decision, stream_temperature })
    }
}

/// Figures and decision of a network that some speakers were held out from.
fn measured(
    recipe: &TrainingRecipe,
    trained: &Trained,
) -> anyhow::Result<(Origin, Option<Decision>, Option<f32>)> {
    let measured = trained.measure(&recipe.decision)?;
    let figures = Figures::of(&measured.judged);
    println!(
        "test speakers: accuracy {:.3}, UAR {:.3} over {} clips",
        figures.accuracy, figures.uar, figures.clips
    );
    let (decision, stream) = (measured.whole, measured.stream);
    Ok((Origin::HeldOut(measured), decision, stream.map(|own| own.temperature)))
}

impl Sheet {
    /// What the card says about the data. A corpus other than RAVDESS needs a sheet of its own.
    fn read(&self, corpus: &str) -> anyhow::Result<DataSheet> {
        match (&self.dataset, &self.licence, &self.citation) {
            (Some(dataset), Some(licence), Some(citation)) => Ok(DataSheet {
                dataset: dataset.clone(),
                licence: licence.clone(),
                citation: citation.clone(),
                about: self.about.clone(),
            }),
            _ if corpus == RAVDESS => Ok(DataSheet::ravdess()),
            _ => bail!("the model card must say what {corpus} is: give --dataset, --licence and --citation"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn sheet_of(arguments: &[&str]) -> anyhow::Result<DataSheet> {
        let common = ["train", "--recipe", "r.toml", "--out", "models/m/1.0.0"];
        let line = Line::try_parse_from(common.iter().chain(arguments)).expect("a good command line");
        line.arguments.sheet.read(&line.arguments.material.corpus)
    }

    #[test]
    fn a_corpus_other_than_ravdess_needs_a_data_sheet_of_its_own() {
        assert!(sheet_of(&[]).is_ok());
        assert!(sheet_of(&["--corpus", "mine"]).is_err());
        let told = ["--corpus", "mine", "--dataset", "Mine", "--licence", "CC0", "--citation", "none"];
        assert_eq!(sheet_of(&told).expect("told").dataset, "Mine");
    }
}
