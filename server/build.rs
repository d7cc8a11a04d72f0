//! Puts the console's pages into the program, where `cargo xtask console` has built them.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where they are, from here. The folder is always there, so that Cargo can watch it; without pages it is empty.
const BUILT: &str = "../web/dist";

/// Endings of what lies beside a file in a coding, in the order of `Coding::ALL` in `src/console/coding.rs`.
const CODINGS: [&str; 2] = ["br", "gz"];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed={BUILT}");
    println!("cargo:rerun-if-changed=build.rs");
    let root = fs::canonicalize(BUILT)?;
    let mut files = Vec::new();
    gather(&root, &mut files)?;
    files.sort();
    let mut table = String::from("const FILES: &[File] = &[\n");
    for file in files.iter().filter(|file| !is_coded(file)) {
        let name = file.strip_prefix(&root).unwrap_or(file).display().to_string();
        let tag = tag(&fs::read(file)?);
        let coded = CODINGS.map(|ending| {
            let coded = file.with_added_extension(ending);
            let bytes = files.contains(&coded).then(|| format!("Some(include_bytes!({coded:?}))"));
            bytes.unwrap_or_else(|| "None".to_owned())
        });
        let coded = coded.join(", ");
        // Writing into a String does not fail.
        let _ = writeln!(
            table,
            "File {{ name: {name:?}, tag: 0x{tag:016x}, bytes: include_bytes!({file:?}), coded: [{coded}] }},"
        );
    }
    table.push_str("];\n");
    let out = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("run this through Cargo"))?;
    fs::write(Path::new(&out).join("console.rs"), table)
}

/// Whether it is another one in a coding.
fn is_coded(file: &Path) -> bool {
    file.extension().is_some_and(|ending| CODINGS.iter().any(|coding| ending == *coding))
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(&path, files)?;
        } else if path.file_name().is_some_and(|name| name != ".gitignore") {
            files.push(path);
        }
    }
    Ok(())
}

/// FNV-1a, 64 bits: tells apart what one build and the next one made of a file.
fn tag(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}
