//! `undertone db export`

mod csv;
mod parquet;
mod sink;

use super::sentence;
use crate::cli::console::say;
use crate::settings::Settings;
use crate::wire_time;
use anyhow::{Context, bail};
use clap::Args;
use sink::Format;
use std::fs::File;
use std::path::{Path, PathBuf};
use undertone_core::UnixMicros;
use undertone_store::{ExportFile, Exported, Exporter};

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The file to write; it must not be there.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What to write.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Answers made from then on, as 2026-03-01T12:00:00Z.
    #[arg(long, value_name = "TIME", default_value = "1970-01-01T00:00:00Z")]
    from: String,
    /// Answers made before then.
    #[arg(long, value_name = "TIME", default_value = "9999-01-01T00:00:00Z")]
    to: String,
}

pub(super) async fn run(args: &ExportArgs, settings: &Settings) -> anyhow::Result<()> {
    let span = (time("--from", &args.from)?, time("--to", &args.to)?);
    if span.0 >= span.1 {
        bail!("--from must lie before --to");
    }
    if args.out.exists() {
        bail!("{} is there already: name another file, or move it away", args.out.display());
    }
    let path = std::path::absolute(&args.out)?;
    let file = ExportFile { path: &path.to_string_lossy(), format: args.format.name() };
    let begun = Exporter::begin(&settings.data_dir, settings.store.url.as_ref(), span, file).await;
    let mut exporter = begun.map_err(|error| sentence(&error))?;
    // Under another name first, so that a file with the right name is whole.
    let unfinished = args.out.with_extension("unfinished");
    let written = write(&mut exporter, args, &unfinished).await;
    let rows = match &written {
        Ok(rows) => *rows,
        Err(_) => {
            let _ = std::fs::remove_file(&unfinished);
            exporter.abandon().await.map_err(|error| sentence(&error))?;
            return written.map(drop);
        }
    };
    let finished = exporter.finish(rows).await;
    if !matches!(finished, Ok(Exported::Noted)) {
        let _ = std::fs::remove_file(&unfinished);
    }
    if finished.map_err(|error| sentence(&error))? == Exported::Stale {
        bail!(
            "a subject was erased while its answers may have been written: nothing was exported, do it again"
        );
    }
    std::fs::rename(&unfinished, &args.out).with_context(|| cannot(args))?;
    say!("wrote {rows} predictions to {}", args.out.display());
    Ok(())
}

fn cannot(args: &ExportArgs) -> String {
    format!("{} cannot be written", args.out.display())
}

async fn write(exporter: &mut Exporter, args: &ExportArgs, unfinished: &Path) -> anyhow::Result<u64> {
    let cannot = || cannot(args);
    let mut sink = args.format.begin(File::create(unfinished).with_context(cannot)?).with_context(cannot)?;
    let mut rows = 0;
    loop {
        let page = exporter.next_page().await.map_err(|error| sentence(&error))?;
        if page.is_empty() {
            break;
        }
        sink.page(&page).with_context(cannot)?;
        rows += page.len() as u64;
    }
    sink.finish().with_context(cannot)?;
    Ok(rows)
}

fn time(flag: &str, text: &str) -> anyhow::Result<UnixMicros> {
    let wrong = || format!("{flag} {text:?}: give a time like 2026-03-01T12:00:00Z");
    let time: prost_types::Timestamp = text.parse().ok().with_context(wrong)?;
    wire_time::moment(&time).with_context(wrong)
}
