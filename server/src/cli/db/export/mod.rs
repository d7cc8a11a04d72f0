//! `undertone db export`

mod csv;
mod parquet;
mod sink;

use super::{sentence, time};
use crate::settings::Settings;
use anyhow::{Context, bail};
use clap::Args;
use sink::Format;
use std::ffi::OsString;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use undertone_store::{ExportFile, Exported, Exporter};
use undertone_terminal::say;

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The file to write; it must not be there.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What to write [default: parquet where the file's name ends so, else csv].
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Answers made from then on, as 2026-03-01T12:00:00Z.
    #[arg(long, value_name = "TIME", default_value = "1970-01-01T00:00:00Z")]
    from: String,
    /// Answers made before then.
    #[arg(long, value_name = "TIME", default_value = "9999-01-01T00:00:00Z")]
    to: String,
}

impl ExportArgs {
    fn format(&self) -> Format {
        self.format.unwrap_or_else(|| Format::of_name(&self.out))
    }
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
    let file = ExportFile { path: &path.to_string_lossy(), format: args.format().name() };
    let begun = Exporter::begin(&settings.data_dir, settings.store.url.as_ref(), span, file).await;
    let mut exporter = begun.map_err(|error| sentence(&error))?;
    match write_whole(&mut exporter, args, &path).await {
        Ok(rows) => say!("wrote {rows} predictions to {}", args.out.display()),
        Err(error) => {
            exporter.abandon().await.map_err(|error| sentence(&error))?;
            return Err(error);
        }
    }
    Ok(())
}

/// Under another name first, so that a file with the right name is whole. Replaces nothing, and leaves nothing where it fails.
async fn write_whole(exporter: &mut Exporter, args: &ExportArgs, path: &Path) -> anyhow::Result<u64> {
    let cannot = || cannot(args);
    let unfinished = unfinished(path).with_context(cannot)?;
    let file = unfinished.as_file().try_clone().with_context(cannot)?;
    let rows = write(exporter, args, file).await?;
    if exporter.finish(rows).await.map_err(|error| sentence(&error))? == Exported::Stale {
        bail!(
            "a subject was erased while its answers may have been written: nothing was exported, do it again"
        );
    }
    unfinished.persist_noclobber(path).map_err(|refused| refused.error).with_context(cannot)?;
    Ok(rows)
}

/// A file beside `path` with a name that nobody else has, gone when it is dropped.
fn unfinished(path: &Path) -> io::Result<NamedTempFile> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    let folder = path.parent().unwrap_or(path);
    let mut builder = tempfile::Builder::new();
    // The file is the user's as any other: who may read it is for the umask to say.
    builder.prefix(&name).suffix(".unfinished").permissions(Permissions::from_mode(0o666));
    builder.tempfile_in(folder)
}

fn cannot(args: &ExportArgs) -> String {
    format!("{} cannot be written", args.out.display())
}

async fn write(exporter: &mut Exporter, args: &ExportArgs, file: File) -> anyhow::Result<u64> {
    let cannot = || cannot(args);
    let mut sink = args.format().begin(file).with_context(cannot)?;
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
