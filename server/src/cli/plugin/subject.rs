//! The library that is looked at, as flags.

use crate::settings::Settings;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use undertone_bundle::{Bundle, BundleError};
use undertone_plugin_host::HostConfig;
use undertone_plugin_host::conformance::Subject;

#[derive(Debug, Clone, Args)]
pub(super) struct SubjectArgs {
    /// A bundle that names the plugin: its extractor gets the bundle's recipe, its classifier the bundle's graphs.
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// The bundle names this plugin, and the library takes its place, as plugins.classifier_of may say.
    #[arg(long, value_name = "PLUGIN", requires = "bundle")]
    instead_of: Option<String>,
    /// What the plugin is told, for instance {"recipe":"logmel64"}; wins over the bundle.
    #[arg(long, value_name = "JSON")]
    configuration: Option<String>,
}

impl SubjectArgs {
    /// A bundle that cannot be opened says nothing about a plugin.
    pub(super) fn verify(&self) -> Result<(), BundleError> {
        self.bundle.as_deref().map_or(Ok(()), |dir| Bundle::open(dir).map(drop))
    }

    pub(super) fn subject(&self, library: PathBuf, settings: &Settings) -> Subject {
        Subject {
            library,
            configuration: self.configuration.clone(),
            bundle: self.bundle.clone(),
            instead_of: self.instead_of.clone(),
            host: HostConfig {
                plugins_dir: settings.plugins_dir.clone(),
                models_dir: settings.models.dir.clone(),
                onnxruntime: settings.onnxruntime.clone(),
            },
        }
    }
}

/// The arguments with which `undertone plugin run-case` looks at the same.
pub(super) fn arguments(subject: &Subject, case: &str) -> Vec<OsString> {
    let Subject { library, configuration, bundle, instead_of, host } = subject;
    let mut arguments: Vec<OsString> = vec!["plugin".into(), "run-case".into(), library.into(), case.into()];
    let mut flag = |name: &str, value: Option<OsString>| {
        if let Some(value) = value {
            arguments.extend([name.into(), value]);
        }
    };
    flag("--bundle", bundle.as_ref().map(Into::into));
    flag("--instead-of", instead_of.as_ref().map(Into::into));
    flag("--configuration", configuration.as_ref().map(Into::into));
    flag("--plugins-dir", Some(host.plugins_dir.clone().into()));
    flag("--models-dir", Some(host.models_dir.clone().into()));
    let onnxruntime = host.onnxruntime.as_ref().map(|path| {
        let mut setting = OsString::from("onnxruntime.path=");
        setting.push(path);
        setting
    });
    flag("--set", onnxruntime);
    arguments
}
