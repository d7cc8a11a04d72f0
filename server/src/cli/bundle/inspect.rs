//! `undertone bundle inspect`

use super::source::{Source, summary};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;
use undertone_bundle::{Acceptance, Manifest, SIGNATURE_FILE};
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct InspectArgs {
    /// The bundle's folder or archive.
    bundle: PathBuf,
    /// What to print.
    #[arg(long, value_enum, default_value_t = InspectFormat::Text)]
    format: InspectFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum InspectFormat {
    Text,
    Json,
}

pub(super) fn run(args: &InspectArgs) -> anyhow::Result<ExitCode> {
    let source = Source::open(&args.bundle, &Acceptance::default())?;
    let manifest = source.bundle.manifest();
    let signed = source.bundle.path_of(SIGNATURE_FILE).exists();
    match args.format {
        InspectFormat::Json => {
            let manifest = serde_json::to_value(manifest)?;
            say!("{}", serde_json::json!({ "manifest": manifest, "signature": signed }));
        }
        InspectFormat::Text => text(manifest, &summary(&source.bundle)?, signed)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn text(manifest: &Manifest, summary: &str, signed: bool) -> std::io::Result<()> {
    let Manifest { plugin, features, training, limits, .. } = manifest;
    say!("{summary}");
    say!("  {}", manifest.description);
    say!("  licence: {}", manifest.licence);
    say!("  labels: {}", manifest.labels.join(", "));
    say!("  plugins: {} and {}, contract {}", plugin.extractor, plugin.classifier, plugin.abi);
    say!("  features: {} values per frame, {}", features.dim, features.fingerprint);
    let stream = manifest.graph.stream.as_ref().map_or("none", |stream| stream.file.as_str());
    say!("  graphs: {} for finals, {stream} for updates", manifest.graph.whole.file);
    say!("  frames: {} to {}", limits.min_frames, limits.max_frames);
    say!("  trained on {}: accuracy {:.3}, UAR {:.3}", training.dataset, training.accuracy, training.uar);
    let golden = if manifest.golden.is_some() { "yes" } else { "no" };
    say!("  sample with known answers: {golden}; signature: {}", if signed { "yes" } else { "no" });
    for (file, checksum) in &manifest.files {
        say!("  {checksum}  {file}");
    }
    Ok(())
}
