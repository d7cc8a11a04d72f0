//! `demo`: from a fresh clone to emotions on the screen.

use std::fs;

use anyhow::{Context, Result};

use crate::clip::{self, Clip};
use crate::progress::{note, step};
use crate::server::{Ports, Server};
use crate::stage::{self, Profile};
use crate::workspace::Workspace;

const MODELS: [&str; 2] = ["cnn", "lstm"];
/// How many metrics are shown.
const METRICS_SHOWN: usize = 12;

/// Builds, starts a server, and recognises a clip with each model. With `once` the server is stopped at the end and its
/// records are removed; else it stays up until it is interrupted.
pub(crate) fn run(workspace: &Workspace, once: bool) -> Result<()> {
    let stage = stage::run(workspace, Profile::Release, &[])?;
    let folder = workspace.target.join("demo");
    let (data, ports) = if once {
        (folder.join(std::process::id().to_string()), Ports::Any)
    } else {
        (folder.join("data"), Ports::Default)
    };
    let mut server = step("start the server", || Server::start(&stage, &data, ports))?;
    show(&server, &clip::choose(workspace))?;
    if once {
        server.stop()?;
        return fs::remove_dir_all(&data).with_context(|| format!("remove {}", data.display()));
    }
    explain(&server);
    server.wait()
}

fn show(server: &Server, clip: &Clip) -> Result<()> {
    note(&format!("clip: {}", clip.path.display()));
    note(&clip.reason);
    for model in MODELS {
        step(&format!("recognise it with {model}"), || server.recognize(&clip.path, model))?;
    }
    step("read the last records", || server.show_records())?;
    let metrics = step("read the metrics", || server.metrics())?;
    telling(&metrics).for_each(|line| println!("{line}"));
    Ok(())
}

/// Figures about recognition that are not zero, without the single buckets of histograms and the process's own figures.
fn telling(metrics: &str) -> impl Iterator<Item = &str> {
    let own = metrics.lines().filter(|line| line.starts_with("undertone_"));
    let telling = own.filter(|line| !line.contains("_bucket") && !line.starts_with("undertone_process_"));
    telling.filter(|line| !line.ends_with(" 0")).take(METRICS_SHOWN)
}

fn explain(server: &Server) {
    println!();
    println!("The server runs until you press Ctrl-C. The console, in a browser: {}/", server.addresses.http);
    println!("From another terminal:");
    println!(
        "  target/stage/bin/undertone recognize FILE --server {} --model lstm --stream",
        server.addresses.grpc
    );
    println!("  curl {}/metrics", server.addresses.http);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_zeros_and_process_figures_are_left_out() {
        let metrics = "HTTP/1.1 200 OK\nundertone_a_bucket{le=\"1\"} 4\nundertone_a_sum 2\nundertone_b 0\nundertone_process_c 3\n";
        assert_eq!(telling(metrics).collect::<Vec<_>>(), ["undertone_a_sum 2"]);
    }
}
