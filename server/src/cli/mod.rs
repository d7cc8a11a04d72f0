//! The command line.

mod bench;
mod bundle;
mod config_check;
mod connection;
mod db;
mod duration;
mod evaluate;
mod experiments;
mod features;
mod feedback;
mod keys;
mod listen;
mod models;
mod plugin;
mod recognize;
mod recognizer;
mod serve;
mod settings_args;

use clap::{Parser, Subcommand};
use settings_args::SettingsArgs;
use std::process::ExitCode;

/// Hears how something is said: speech emotion recognition over gRPC.
#[derive(Debug, Parser)]
#[command(name = "undertone", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server until Ctrl-C or SIGTERM.
    Serve(serve::ServeArgs),
    /// Tell the emotions in recordings.
    Recognize(recognize::RecognizeArgs),
    /// Tell the emotions of whoever speaks into the microphone, while they do.
    Listen(listen::ListenArgs),
    /// List the models, or show one model's card; with a command, change what a running server serves.
    Models(models::ModelsArgs),
    /// Measure a model on RAVDESS-named clips, beside what its card says.
    Evaluate(evaluate::EvaluateArgs),
    /// Put a load of streams on a server, by the clock, and tell how long its answers take.
    Bench(bench::BenchArgs),
    /// Look at the settings.
    #[command(subcommand)]
    Config(config_check::ConfigCommand),
    /// Look after the journal and Postgres.
    #[command(subcommand)]
    Db(db::DbCommand),
    /// Make, list, replace and take back the keys with which callers show who they are.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Write a recording's feature frames, as the extractor plugin makes them.
    Features(features::FeaturesArgs),
    /// Compare models on live streams: who gets which, and what the answers prove.
    Experiments(experiments::ExperimentsArgs),
    /// Tell a server what is right about its answers.
    Feedback(feedback::FeedbackArgs),
    /// Pack, sign and verify bundles.
    #[command(subcommand)]
    Bundle(bundle::BundleCommand),
    /// For authors of plugins.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
}

impl Cli {
    /// Runs the command; the exit code is 0 when everything went well.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(args) => serve::run(&args, &self.settings).await,
            Command::Recognize(args) => recognize::run(&args, &self.settings).await,
            Command::Listen(args) => listen::run(&args, &self.settings).await,
            Command::Models(args) => models::run(&args, &self.settings).await,
            Command::Evaluate(args) => evaluate::run(&args, &self.settings).await,
            Command::Bench(args) => bench::run(&args, &self.settings).await,
            Command::Config(command) => config_check::run(&command, &self.settings),
            Command::Db(command) => db::run(&command, &self.settings).await,
            Command::Keys(command) => keys::run(&command, &self.settings).await,
            Command::Features(args) => features::run(&args, &self.settings),
            Command::Experiments(args) => experiments::run(&args, &self.settings).await,
            Command::Feedback(args) => feedback::run(&args, &self.settings).await,
            Command::Bundle(command) => bundle::run(&command, &self.settings),
            Command::Plugin(command) => plugin::run(&command, &self.settings).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
