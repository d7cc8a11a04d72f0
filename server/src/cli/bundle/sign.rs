//! `undertone bundle sign`

use anyhow::{Context, anyhow};
use clap::Args;
use minisign::{SecretKey, SecretKeyBox};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use undertone_bundle::{Bundle, MANIFEST_FILE, SIGNATURE_FILE};
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct SignArgs {
    /// The bundle's folder; an archive is packed from a signed folder.
    bundle: PathBuf,
    /// The file with the secret key, as keygen or minisign made it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The key's password; asked for on the terminal when not given.
    #[arg(long, value_name = "PASSWORD", env = "UNDERTONE_KEY_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// What the signature says, beside name and version.
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
}

pub(super) fn run(args: &SignArgs) -> anyhow::Result<ExitCode> {
    let bundle = Bundle::open(&args.bundle)?;
    let manifest = bundle.manifest();
    let name = format!("{}@{}", manifest.name, manifest.version);
    let comment = args.comment.as_ref().map_or_else(|| name.clone(), |comment| format!("{name} {comment}"));
    let key = secret_key(&args.key, args.password.clone())?;
    let path = bundle.path_of(MANIFEST_FILE);
    let file = File::open(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let signature =
        minisign::sign(None, &key, file, Some(&comment), Some("signature of an Undertone bundle"))
            .map_err(|why| anyhow!("{} cannot be signed: {why}", path.display()))?;
    let path = bundle.path_of(SIGNATURE_FILE);
    fs::write(&path, signature.to_string())
        .with_context(|| format!("{} cannot be written", path.display()))?;
    say!("{name} is signed: {}", path.display());
    Ok(ExitCode::SUCCESS)
}

fn secret_key(path: &Path, password: Option<String>) -> anyhow::Result<SecretKey> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let spelled = || SecretKeyBox::from_string(&text).map_err(|why| anyhow!("{}: {why}", path.display()));
    // The key tells whether it needs a password, by which of the two understands it.
    let unlocked = match spelled()?.into_unencrypted_secret_key() {
        Ok(key) => return Ok(key),
        Err(why) => why,
    };
    spelled()?.into_secret_key(password).map_err(|locked| {
        let path = path.display();
        anyhow!("{path} cannot be used: without a password: {unlocked}; with one: {locked}")
    })
}
