//! `undertone plugin check`

use super::child::{self, Bounds, Ran};
use super::sheet;
use super::subject::SubjectArgs;
use crate::cli::SettingsArgs;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use undertone_plugin_host::conformance::{Case, Subject, cases};
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// The library, libundertone_plugin_NAME.so.
    #[arg(required_unless_present = "list")]
    library: Option<PathBuf>,
    #[command(flatten)]
    subject: SubjectArgs,
    /// Run only this case; may be given several times.
    #[arg(long, value_name = "NAME")]
    case: Vec<String>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// Name the cases and what must hold, and run none.
    #[arg(long)]
    list: bool,
    /// Seconds after which a case that has not ended counts as hung.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    time_limit: u64,
    /// Private memory that a case may have, in MiB; a plugin that asks for more fails the case in its own way.
    #[arg(long, value_name = "MIB", default_value_t = 4096, value_parser = clap::value_parser!(u64).range(64..=1 << 24))]
    memory_limit: u64,
}

/// The cases, with what must hold.
fn list(cases: &[&Case], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let told = cases.iter().map(|case| json!({ "name": case.name, "rule": case.rule }));
        say!("{}", json!({ "cases": told.collect::<Vec<_>>() }));
        return Ok(());
    }
    for case in cases {
        say!("{:<32} {}", case.name, case.rule);
    }
    Ok(())
}

pub(super) async fn run(args: &CheckArgs, settings: &SettingsArgs) -> anyhow::Result<ExitCode> {
    let wanted = wanted(&args.case)?;
    let Some(library) = args.library.as_ref().filter(|_| !args.list) else {
        list(&wanted, args.json)?;
        return Ok(ExitCode::SUCCESS);
    };
    if !library.is_file() {
        bail!("{} is no file", library.display());
    }
    args.subject.verify()?;
    let subject = args.subject.subject(library.clone(), &settings.load(Vec::new())?);
    let ran = run_all(wanted, subject, args.bounds()).await?;
    if args.json {
        say!("{}", sheet::json(library, &ran));
    } else {
        say!("{}", sheet::text(library, &ran));
    }
    let bad = ran.iter().any(|ran| ran.outcome.is_bad());
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl CheckArgs {
    fn bounds(&self) -> Bounds {
        Bounds { memory_bytes: self.memory_limit << 20, time: Duration::from_secs(self.time_limit) }
    }
}

fn wanted(names: &[String]) -> anyhow::Result<Vec<&'static Case>> {
    if let Some(unknown) = names.iter().find(|name| cases().all(|case| case.name != **name)) {
        bail!("there is no case {unknown:?}; --list names them");
    }
    Ok(cases().filter(|case| names.is_empty() || names.iter().any(|name| name == case.name)).collect())
}

/// Runs the cases, as many at once as there are processors; gives them back in order.
async fn run_all(wanted: Vec<&'static Case>, subject: Subject, bounds: Bounds) -> anyhow::Result<Vec<Ran>> {
    let program: Arc<Path> =
        std::env::current_exe().context("the program does not know its own file")?.into();
    let subject = Arc::new(subject);
    let mut ran: Vec<Option<Ran>> = wanted.iter().map(|_| None).collect();
    let mut waiting: VecDeque<_> = wanted.into_iter().enumerate().collect();
    let mut running = JoinSet::new();
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    loop {
        while running.len() < at_once
            && let Some((index, case)) = waiting.pop_front()
        {
            let (program, subject) = (program.clone(), subject.clone());
            running.spawn(async move { (index, child::run(&program, &subject, case, bounds).await) });
        }
        let Some(ended) = running.join_next().await else { break };
        let (index, outcome) = ended.context("a case was lost")?;
        ran[index] = Some(outcome?);
    }
    Ok(ran.into_iter().flatten().collect())
}
