//! `undertone bundle`

mod inspect;
mod keygen;
mod pack;
mod sign;
mod source;
mod verify;

use super::SettingsArgs;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum BundleCommand {
    /// Make one file of a bundle.
    Pack(pack::PackArgs),
    /// Sign a bundle's manifest, which holds the checksums of all its files.
    Sign(sign::SignArgs),
    /// Compare a bundle's files with its manifest, and look at its signature.
    Verify(verify::VerifyArgs),
    /// Show what a bundle says about itself.
    Inspect(inspect::InspectArgs),
    /// Make a key pair to sign bundles with.
    Keygen(keygen::KeygenArgs),
}

pub(super) fn run(command: &BundleCommand, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    match command {
        BundleCommand::Pack(args) => pack::run(args),
        BundleCommand::Sign(args) => sign::run(args),
        BundleCommand::Verify(args) => verify::run(args, settings),
        BundleCommand::Inspect(args) => inspect::run(args),
        BundleCommand::Keygen(args) => keygen::run(args),
    }
}
