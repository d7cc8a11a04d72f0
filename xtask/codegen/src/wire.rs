//! The wire contracts: the files in `proto/` to Rust code and a descriptor set.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use prost::Message;

use crate::artifact::Artifact;

const OUTPUT: &str = "proto/src/generated";
/// Folders of packages below `proto/`.
const PACKAGES: [&str; 2] = ["inference", "undertone/v1"];

/// Compiles every file of every package: one Rust file per package and `descriptor.bin`, which server reflection hands out.
pub(crate) fn generate(root: &Path) -> Result<Vec<Artifact>> {
    let include = root.join("proto");
    let mut sources = Vec::new();
    for package in PACKAGES {
        sources.extend(proto_files(&include.join(package))?);
    }
    let mut compiler = protox::Compiler::new([&include])?;
    compiler.include_imports(true).include_source_info(true).open_files(&sources)?;

    let folder = tempfile::tempdir()?;
    // A bytes field shares the buffer it was received in: audio is not copied on its way to the decoder, and a tensor once.
    tonic_prost_build::configure()
        .out_dir(folder.path())
        .bytes(".undertone.v1")
        .bytes(".inference")
        .compile_fds(compiler.file_descriptor_set())
        .context("generate Rust code from the proto files")?;

    let mut artifacts = collect(root, folder.path())?;
    artifacts.push(descriptor(&compiler));
    Ok(artifacts)
}

fn proto_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    files.sort();
    ensure!(!files.is_empty(), "no .proto file in {}", folder.display());
    Ok(files)
}

fn collect(root: &Path, folder: &Path) -> Result<Vec<Artifact>> {
    let mut artifacts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().context("a generated file has a name")?.to_owned();
        format(root, &path)?;
        let contents = fs::read(&path)?;
        // Imported packages that hold only well-known types leave an empty file behind.
        if !contents.is_empty() {
            artifacts.push(Artifact { path: Path::new(OUTPUT).join(name), contents });
        }
    }
    artifacts.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(artifacts)
}

/// Formats with the repository's own settings, so that `cargo fmt` never changes a generated file.
fn format(root: &Path, file: &Path) -> Result<()> {
    let status =
        Command::new("rustfmt").args(["--edition", "2024", "--config-path"]).arg(root).arg(file).status();
    let status = status.context("run rustfmt; `rustup component add rustfmt` installs it")?;
    ensure!(status.success(), "rustfmt failed on {}", file.display());
    Ok(())
}

/// The descriptor set with imports and without source locations: those would change with every comment.
fn descriptor(compiler: &protox::Compiler) -> Artifact {
    let mut set = compiler.file_descriptor_set();
    for file in &mut set.file {
        file.source_code_info = None;
    }
    Artifact { path: Path::new(OUTPUT).join("descriptor.bin"), contents: set.encode_to_vec() }
}
