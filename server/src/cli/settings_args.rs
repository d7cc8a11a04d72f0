//! Flags that change settings; they win over file and environment.

use super::connection::{ConnectionArgs, Target};
use crate::settings::{Places, Settings, SettingsError, Sources, load};
use anyhow::bail;
use clap::Args;
use std::path::PathBuf;

/// Flags that change settings; they win over file and environment.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub(super) struct SettingsArgs {
    /// Settings file (TOML).
    #[arg(long, global = true, value_name = "FILE", env = "UNDERTONE_CONFIG")]
    config: Option<PathBuf>,
    /// Any setting, for instance --set engine.workers=4.
    #[arg(long, global = true, value_name = "PATH=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Where bundles lie (models.dir).
    #[arg(long, global = true, value_name = "DIR")]
    models_dir: Option<String>,
    /// Where plugin libraries lie (plugins.dir).
    #[arg(long, global = true, value_name = "DIR")]
    plugins_dir: Option<String>,
    /// The journal's folder (data.dir).
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    #[command(flatten)]
    connection: ConnectionArgs,
}

impl SettingsArgs {
    /// The server at `url`.
    pub(super) fn target(&self, url: &str) -> Target {
        Target::new(url, &self.connection)
    }

    /// Fails where flags were given that a server elsewhere does not hear of.
    pub(super) fn refuse_beside_a_server(&self) -> anyhow::Result<()> {
        let given = [
            ("--set", !self.set.is_empty()),
            ("--models-dir", self.models_dir.is_some()),
            ("--plugins-dir", self.plugins_dir.is_some()),
        ];
        match given.into_iter().find(|(_, is_given)| *is_given) {
            None => Ok(()),
            Some((flag, _)) => bail!(
                "{flag} says how models run in this process, and --server asks one with settings of its own: leave one of them out"
            ),
        }
    }

    /// The settings from defaults, file, environment, these flags, and `more` flags of a command.
    pub(super) fn load(&self, more: Vec<(String, String)>) -> Result<Settings, SettingsError> {
        self.load_over(Vec::new(), more)
    }

    /// The settings from defaults, file, environment, what a command sets of its own accord, and these flags.
    pub(super) fn load_over_own(&self, own: Vec<(String, String)>) -> Result<Settings, SettingsError> {
        self.load_over(own, Vec::new())
    }

    fn load_over(
        &self,
        own: Vec<(String, String)>,
        more: Vec<(String, String)>,
    ) -> Result<Settings, SettingsError> {
        let named = [
            ("models.dir", &self.models_dir),
            ("plugins.dir", &self.plugins_dir),
            ("data.dir", &self.data_dir),
        ];
        let named = named.into_iter().filter_map(|(path, value)| Some((path.to_owned(), value.clone()?)));
        let flags = own.into_iter().chain(self.set.iter().cloned()).chain(named).chain(more).collect();
        let sources = Sources { file: self.config.clone(), flags, environment: true };
        load(&sources, &Places::around_program())
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (path, value) = text.split_once('=').ok_or("give PATH=VALUE, for instance engine.workers=4")?;
    Ok((path.trim().to_owned(), value.trim().to_owned()))
}
