//! `undertone bundle verify`

use super::source::{Source, summary};
use crate::cli::SettingsArgs;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use undertone_bundle::{Acceptance, Provenance, Trust, TrustPolicy};
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyArgs {
    /// The bundle's folder or archive.
    bundle: PathBuf,
    /// A public key, or a folder of them: one of these must have signed the bundle. Without it those of models.trusted_keys,
    /// and where that is not set, no signature is asked for.
    #[arg(long, value_name = "PATH")]
    trusted_keys: Option<PathBuf>,
}

pub(super) fn run(args: &VerifyArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let Acceptance { bounds, trust } = settings.load(Vec::new())?.models.acceptance;
    let keys = args.trusted_keys.clone().or(trust.keys);
    let policy = if keys.is_some() { TrustPolicy::Require } else { TrustPolicy::Off };
    let source = Source::open(&args.bundle, &Acceptance { bounds, trust: Trust { policy, keys } })?;
    let who = match source.bundle.provenance() {
        Provenance::Signed { key, comment } => format!("signed by {key}: {comment:?}"),
        Provenance::Doubtful(why) => why.clone(),
        Provenance::NotLookedAt => "nobody asked who signed it".to_owned(),
    };
    say!("{}; every file is what the manifest says; {who}", summary(&source.bundle)?);
    Ok(ExitCode::SUCCESS)
}
