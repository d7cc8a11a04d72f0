//! `undertone bundle keygen`

use anyhow::{Context, anyhow};
use clap::Args;
use minisign::KeyPair;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct KeygenArgs {
    /// The key's name: NAME.key gets the secret key, NAME.pub the public one.
    name: PathBuf,
    /// The password that the secret key is locked with; asked for on the terminal when not given.
    #[arg(long, value_name = "PASSWORD", env = "UNDERTONE_KEY_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// Do not lock the secret key: whoever can read its file can sign.
    #[arg(long, conflicts_with = "password")]
    no_password: bool,
}

pub(super) fn run(args: &KeygenArgs) -> anyhow::Result<ExitCode> {
    let failed = |why: minisign::PError| anyhow!("the key cannot be made: {why}");
    let pair = match args.no_password {
        true => KeyPair::generate_unencrypted_keypair(),
        false => KeyPair::generate_encrypted_keypair(args.password.clone()),
    };
    let pair = pair.map_err(failed)?;
    let (secret, public) = (args.name.with_extension("key"), args.name.with_extension("pub"));
    let text = pair.sk.to_box(Some("secret key for Undertone bundles")).map_err(failed)?.to_string();
    write_new(&secret, &text, 0o600)?;
    write_new(&public, &pair.pk.to_box().map_err(failed)?.to_string(), 0o644)?;
    say!("{} signs; keep it secret", secret.display());
    say!("{} goes into the folder models.trusted_keys of your servers", public.display());
    Ok(ExitCode::SUCCESS)
}

/// Never writes over a key.
fn write_new(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("{} cannot be written", path.display()))
}
