//! `train`: a bundle.

use super::material::MaterialArguments;
use super::progress;
use super::quoted::Quoted;
use super::sheet::{SheetArguments, known_sheet};
use anyhow::{Context, bail};
use clap::Args;
use std::path::PathBuf;
use undertone_bundle::Bundle;
use undertone_evaluation::{Evidence, Figures};
use undertone_terminal::say;
use undertone_trainer::dataset::{Clip, HeldOut, Speaker};
use undertone_trainer::evaluation::Decision;
use undertone_trainer::{Forecast, Origin, Progress, Roll, Shipment, SplitRule, Trained, TrainingRecipe};

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
    sheet: SheetArguments,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.evidence.is_none() && arguments.test_speakers.is_empty() {
        bail!(
            "nothing tells how good the model is: give --test-speakers, or --evidence of a cross-validation"
        );
    }
    Bundle::check_target(&arguments.out).context("no bundle can be written there")?;
    let clips = arguments.material.clips()?;
    let clip_names: Vec<String> = clips.iter().map(Clip::name).collect();
    let known = known_sheet(clip_names.iter().map(String::as_str))?;
    let sheet = arguments.sheet.read(known, arguments.material.data())?;
    let recipe = arguments.material.recipe()?;
    let speakers = |names: &[String]| names.iter().map(|name| Speaker::new(name)).collect();
    let held_out = HeldOut {
        validation: speakers(&arguments.validation_speakers),
        test: speakers(&arguments.test_speakers),
    };
    let evidence = arguments.evidence.as_deref().map(Evidence::open).transpose()?;
    if let Some(evidence) = &evidence {
        Roll::of(&clips).check_whole(evidence)?;
    }
    let quoted = evidence.as_ref().map(|evidence| Quoted::of(&recipe, evidence)).transpose()?;
    let folder =
        arguments.out.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    progress::tell_clips(&clips);
    let job = arguments.material.job(&recipe, SplitRule::Speakers(held_out), &folder);
    let mut forecast = Forecast::new(&recipe, job.outlook(true)?);
    let mut progress = |progress: Progress<'_>| progress::print(progress, &mut forecast);
    let trained = job.train(arguments.material.checkpoints(), &mut progress).context("training failed")?;
    progress::tell_left_out(&trained.material);
    let (origin, decision, stream_temperature) = match quoted {
        Some(Quoted { summary, decision, stream_temperature }) => {
            (Origin::Evidence(Box::new(summary)), Some(decision), stream_temperature)
        }
        None => measured(&recipe, &trained)?,
    };
    let shipment =
        Shipment { recipe: &recipe, trained: &trained, decision, stream_temperature, origin, sheet: &sheet };
    shipment.write(&arguments.out).context("cannot ship the networks")?;
    say!("{} is written", arguments.out.display());
    Ok(())
}

/// Figures and decision of a network that some speakers were held out from.
fn measured(
    recipe: &TrainingRecipe,
    trained: &Trained,
) -> anyhow::Result<(Origin, Option<Decision>, Option<f32>)> {
    let measured = trained.measure(&recipe.decision)?;
    let figures = Figures::of(&measured.judged);
    let (accuracy, uar, clips) = (figures.accuracy, figures.uar, figures.clips);
    progress::tell(&format!("test speakers: accuracy {accuracy:.3}, UAR {uar:.3} over {clips} clips"));
    let (decision, stream) = (measured.whole, measured.stream);
    Ok((Origin::HeldOut(measured), decision, stream.map(|own| own.temperature)))
}
