//! `undertone-fuzzing DIR`: writes the inputs that a fuzzer begins from to `DIR/TARGET/`.
#![forbid(unsafe_code)]

use std::io;
use std::path::Path;
use undertone_fuzzing::TARGETS;

fn main() -> io::Result<()> {
    let Some(dir) = std::env::args_os().nth(1) else { return Err(io::Error::other("give a folder")) };
    for target in &TARGETS {
        let folder = Path::new(&dir).join(target.name);
        std::fs::create_dir_all(&folder)?;
        for (number, input) in (target.corpus)().iter().enumerate() {
            std::fs::write(folder.join(number.to_string()), input)?;
        }
    }
    Ok(())
}
