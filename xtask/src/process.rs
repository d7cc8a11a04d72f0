//! Programs that the commands run.

use std::ffi::OsString;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// The Cargo that started this program, so that a pinned toolchain stays the same all the way down.
pub(crate) fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Cargo in the repository root.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new(cargo_program());
    command.current_dir(&workspace.root);
    // Later builds of ONNX Runtime report home as soon as they are loaded; none of ours may.
    command.env("ORT_DISABLE_TELEMETRY", "1");
    command
}

/// Runs to the end with the terminal's own output; fails when the program cannot start or reports failure.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs to the end and returns what it printed on standard output; standard error stays visible.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    command.stderr(Stdio::inherit());
    let output = output(command)?;
    if !output.status.success() {
        bail!("`{}` failed ({})", line(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed text that is not UTF-8", line(command)))
}

/// Whether the program is there and succeeds; prints nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    output(command.stderr(Stdio::null())).is_ok_and(|output| output.status.success())
}

fn output(command: &mut Command) -> Result<Output> {
    command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{}`", line(command)))
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
