//! The command line.

use anyhow::bail;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use undertone_trainer::dataset::{HeldOut, Speaker};
use undertone_trainer::training::{Augmentation, Plan};
use undertone_trainer::{Architecture, Checkpoints, CnnShape, DataSheet, Job, LstmShape};

/// The corpus whose data sheet is known.
const RAVDESS: &str = "ravdess";

/// Turns labelled speech into bundles that Undertone loads.
#[derive(Debug, Parser)]
#[command(name = "undertone-train", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a network, measure it and write its bundle.
    Fit(Box<Fit>),
    /// Measure the finished training of a work folder again and print its figures as JSON.
    Evaluate(Box<Training>),
}

#[derive(Debug, Args)]
pub(crate) struct Fit {
    #[command(flatten)]
    pub(crate) training: Training,
    /// Bundle folder to write: its last two parts are the model's name and version.
    #[arg(long, value_name = "models/NAME/VERSION")]
    pub(crate) out: PathBuf,
    /// Epochs between two checkpoints.
    #[arg(long, default_value_t = 5)]
    checkpoint_every: usize,
    /// Go on from the work folder's checkpoint, if there is one.
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    sheet: Sheet,
}

#[derive(Debug, Args)]
pub(crate) struct Training {
    /// Folder of RAVDESS-named clips, or of an index.csv (path,corpus,speaker,emotion).
    #[arg(long, env = "UNDERTONE_DATA", default_value = "../shared/data")]
    data: PathBuf,
    /// Which rows of the index.csv.
    #[arg(long, default_value = RAVDESS)]
    corpus: String,
    /// Kind of network.
    #[arg(long, value_enum)]
    model: Kind,
    /// Speakers for the final figures only.
    #[arg(long, value_delimiter = ',', default_value = "2,5,14,15,16")]
    test_speakers: Vec<String>,
    /// Speakers for the temperature.
    #[arg(long, value_delimiter = ',', default_value = "11,12")]
    validation_speakers: Vec<String>,
    /// Feature recipe.
    #[arg(long, default_value = "logmel64")]
    recipe: String,
    /// Playing speeds of the clips to learn from, in percent.
    #[arg(long, value_delimiter = ',', default_value = "90,95,100,105,110")]
    speeds: Vec<u32>,
    /// Where checkpoints and prepared frames are kept.
    #[arg(long, value_name = "DIR")]
    work_dir: PathBuf,
    #[command(flatten)]
    learning: Learning,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Learning")]
struct Learning {
    #[arg(long, default_value_t = 1)]
    seed: u32,
    #[arg(long, default_value_t = 100)]
    epochs: usize,
    /// Clips per step.
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Highest learning rate [default: 0.004 for cnn, 0.003 for lstm].
    #[arg(long)]
    learning_rate: Option<f32>,
    #[arg(long, default_value_t = 0.05)]
    weight_decay: f32,
    #[arg(long, default_value_t = 2.0)]
    gradient_clip: f32,
    /// Share of the old value in the moving average of the parameters.
    #[arg(long, default_value_t = 0.995)]
    average_decay: f32,
    /// Longest piece of an utterance, in frames.
    #[arg(long, default_value_t = 192)]
    crop_frames: usize,
    /// Probability of added noise.
    #[arg(long, default_value_t = 0.2)]
    noise: f32,
    /// Masks over bins, and as many over time.
    #[arg(long, default_value_t = 2)]
    masks: usize,
    #[arg(long, default_value_t = 8)]
    mask_bins: usize,
    #[arg(long, default_value_t = 15)]
    mask_frames: usize,
    /// Probability of mixing two utterances [default: 0.2 for cnn, 0 for lstm].
    #[arg(long)]
    mixup: Option<f32>,
    #[arg(long, default_value_t = 0.1)]
    label_smoothing: f32,
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Cnn,
    Lstm,
}

impl Fit {
    pub(crate) fn checkpoints(&self) -> Checkpoints {
        Checkpoints { every: self.checkpoint_every, resume: self.resume }
    }

    /// What the card says about the data. A corpus other than RAVDESS needs a sheet of its own.
    pub(crate) fn sheet(&self) -> anyhow::Result<DataSheet> {
        match (&self.sheet.dataset, &self.sheet.licence, &self.sheet.citation) {
            (Some(dataset), Some(licence), Some(citation)) => Ok(DataSheet {
                dataset: dataset.clone(),
                licence: licence.clone(),
                citation: citation.clone(),
            }),
            _ if self.training.corpus == RAVDESS => Ok(DataSheet::ravdess()),
            _ => bail!(
                "the model card must say what {} is: give --dataset, --licence and --citation",
                self.training.corpus
            ),
        }
    }
}

impl Training {
    pub(crate) fn job(&self) -> Job {
        let speakers = |names: &[String]| names.iter().map(|name| Speaker::new(name)).collect();
        Job {
            data: self.data.clone(),
            corpus: self.corpus.clone(),
            recipe: self.recipe.clone(),
            speeds_percent: self.speeds.clone(),
            held_out: HeldOut {
                validation: speakers(&self.validation_speakers),
                test: speakers(&self.test_speakers),
            },
            architecture: match self.model {
                Kind::Cnn => Architecture::Cnn(CnnShape::default()),
                Kind::Lstm => Architecture::Lstm(LstmShape::default()),
            },
            plan: self.learning.plan(self.model),
            work_dir: self.work_dir.clone(),
        }
    }
}

impl Learning {
    fn plan(&self, model: Kind) -> Plan {
        let (learning_rate, mixup) = match model {
            Kind::Cnn => (4e-3, 0.2),
            Kind::Lstm => (3e-3, 0.0),
        };
        Plan {
            seed: self.seed,
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate.unwrap_or(learning_rate),
            weight_decay: self.weight_decay,
            gradient_clip: self.gradient_clip,
            average_decay: self.average_decay,
            augmentation: Augmentation {
                crop_frames: self.crop_frames,
                noise: self.noise,
                masks: self.masks,
                mask_bins: self.mask_bins,
                mask_frames: self.mask_frames,
                mixup: self.mixup.unwrap_or(mixup),
                label_smoothing: self.label_smoothing,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet_of(arguments: &[&str]) -> anyhow::Result<DataSheet> {
        let common =
            ["undertone-train", "fit", "--model", "cnn", "--work-dir", "work", "--out", "models/m/1.0.0"];
        let cli = Cli::try_parse_from(common.iter().chain(arguments)).expect("a good command line");
        let Command::Fit(fit) = cli.command else { panic!("fit was asked for") };
        fit.sheet()
    }

    #[test]
    fn a_corpus_other_than_ravdess_needs_a_data_sheet_of_its_own() {
        assert!(sheet_of(&[]).is_ok());
        assert!(sheet_of(&["--corpus", "mine"]).is_err());
        let told = ["--corpus", "mine", "--dataset", "Mine", "--licence", "CC0", "--citation", "none"];
        assert_eq!(sheet_of(&told).expect("told").dataset, "Mine");
    }
}
