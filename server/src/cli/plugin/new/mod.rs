//! `undertone plugin new`

mod project;
mod sdk;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use project::Project;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use undertone_bundle::Bundle;
use undertone_terminal::say;

const MOST_NAME_BYTES: usize = 48;

#[derive(Debug, Args)]
pub(in crate::cli) struct NewArgs {
    /// The plugin's name: lower-case letters, digits and _, a letter first.
    #[arg(value_parser = name)]
    name: String,
    /// The language: c makes an extractor in one file, rust a classifier with a bundle.
    #[arg(long, value_enum)]
    lang: Language,
    /// Where the project is made; a folder of the plugin's name when not given.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The folder crates/plugin-sdk of a checkout, which Rust plugins are built with; looked for around the program and the
    /// working folder when not given.
    #[arg(long, value_name = "DIR", env = "UNDERTONE_PLUGIN_SDK")]
    sdk: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    C,
    Rust,
}

pub(super) fn run(args: &NewArgs) -> anyhow::Result<ExitCode> {
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    let project = match args.lang {
        Language::C => Project::c(&args.name),
        Language::Rust => Project::rust(&args.name, &sdk::find(args.sdk.as_deref())?)?,
    };
    write(&dir, &project)?;
    if let Some(bundle) = project.bundle {
        Bundle::seal(&dir.join(bundle))?;
    }
    say!("{} is made; {} says how to go on", dir.display(), dir.join("README.md").display());
    Ok(ExitCode::SUCCESS)
}

/// Never touches a folder that is there already.
fn write(dir: &Path, project: &Project) -> anyhow::Result<()> {
    if dir.symlink_metadata().is_ok() {
        bail!("{} exists already: choose another name or --dir", dir.display());
    }
    for (path, text) in &project.files {
        let path = dir.join(path);
        let parent = path.parent().unwrap_or(dir);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&path, text))
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

fn name(text: &str) -> Result<String, String> {
    let letters = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    if letters && begins && text.len() <= MOST_NAME_BYTES {
        return Ok(text.to_owned());
    }
    Err(format!("1 to {MOST_NAME_BYTES} lower-case letters, digits and _ are possible, a letter first"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_part_of_a_file_and_of_a_crate() {
        assert!(name("my_mood2").is_ok());
        for bad in ["", "2mood", "Mood", "my-mood", "../mood", "mood mood", "_mood", &"m".repeat(49)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_folder_that_is_there_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(folder.path(), &Project::c("loudness")).unwrap_err();
        assert!(error.to_string().contains("exists already"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
