//! `undertone models`

mod control;

use super::SettingsArgs;
use super::recognizer::Recognizer;
use clap::{Args, ValueEnum};
use std::process::ExitCode;
use undertone_proto::v1;
use undertone_terminal::say;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct ModelsArgs {
    #[command(subcommand)]
    command: Option<control::ControlCommand>,
    /// Show this model's card: NAME or NAME@VERSION.
    model: Option<String>,
    /// Ask a server instead of looking at the bundles here.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// What to print.
    #[arg(long, value_enum, default_value_t = ModelsFormat::Text)]
    format: ModelsFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModelsFormat {
    Text,
    Json,
}

pub(super) async fn run(args: &ModelsArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    if let Some(command) = &args.command {
        return control::run(command, settings).await;
    }
    let recognizer = Recognizer::open(args.server.as_deref(), settings).await?;
    if let Some(name) = &args.model {
        let v1::GetModelResponse { model, card } = recognizer.get_model(name).await?;
        match args.format {
            ModelsFormat::Text => say!("{card}"),
            ModelsFormat::Json => say!("{}", with_card(json(&model.unwrap_or_default()), card)),
        }
        return Ok(ExitCode::SUCCESS);
    }
    let listed = recognizer.list_models().await?;
    match args.format {
        ModelsFormat::Text => text(&listed)?,
        ModelsFormat::Json => {
            for model in &listed.models {
                say!("{}", json(model));
            }
        }
    }
    Ok(if listed.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn with_card(mut model: serde_json::Value, card: String) -> serde_json::Value {
    model["card"] = card.into();
    model
}

fn text(listed: &v1::ListModelsResponse) -> std::io::Result<()> {
    for model in &listed.models {
        let reference = model.reference.clone().unwrap_or_default();
        let default = if model.is_default { " (default)" } else { "" };
        say!("{}@{}{default}", reference.name, reference.version);
        say!("  {}", model.description);
        say!(
            "  accuracy {:.1} %, UAR {:.1} % {}",
            model.accuracy * 100.0,
            model.unweighted_average_recall * 100.0,
            tested_on(model)
        );
        say!("  labels: {}", model.labels.join(", "));
        say!("  calibration: {}", calibration(&model.calibration.unwrap_or_default()));
        say!("  licence: {}", model.licence);
    }
    for refused in &listed.refused {
        eprintln!("refused: {}: {}", refused.path, refused.reason);
    }
    Ok(())
}

/// Whose clips the figures of a card come from.
fn tested_on(model: &v1::Model) -> String {
    match model.test_speakers.is_empty() {
        true => "of its recipe, on speakers that were left out in turn".to_owned(),
        false => format!("on speakers it was never trained on: {}", model.test_speakers.join(" ")),
    }
}

/// One line: the temperature, when it abstains, what its sets of plausible labels promise.
fn calibration(calibration: &v1::Calibration) -> String {
    let mut facts = vec![format!("temperature {:.3}", calibration.temperature)];
    facts.push(match (calibration.abstain_below, calibration.abstain_error) {
        (None, _) => "no threshold for abstention".to_owned(),
        (Some(below), None) => format!("abstains below {:.1} %", below * 100.0),
        (Some(below), Some(error)) => format!(
            "abstains below {:.1} % (at most {:.1} % of the kept answers were wrong on the validation speakers)",
            below * 100.0,
            error * 100.0
        ),
    });
    if let Some(sets) = calibration.conformal {
        let (coverage, threshold) = (sets.coverage * 100.0, sets.threshold * 100.0);
        facts.push(format!(
            "its plausible labels ({threshold:.1} % and more) hold the true one in {coverage:.1} % of utterances"
        ));
    }
    facts.join("; ")
}

fn json(model: &v1::Model) -> serde_json::Value {
    let reference = model.reference.clone().unwrap_or_default();
    let calibration = model.calibration.unwrap_or_default();
    serde_json::json!({
        "name": reference.name,
        "version": reference.version,
        "default": model.is_default,
        "description": model.description,
        "labels": model.labels,
        "licence": model.licence,
        "accuracy": model.accuracy,
        "uar": model.unweighted_average_recall,
        "test_speakers": model.test_speakers,
        "train_speakers": model.train_speakers,
        "calibration": {
            "temperature": calibration.temperature,
            "abstain_below": calibration.abstain_below,
            "abstain_error": calibration.abstain_error,
            "conformal": calibration.conformal.map(|sets| {
                serde_json::json!({ "coverage": sets.coverage, "threshold": sets.threshold })
            }),
        },
    })
}
