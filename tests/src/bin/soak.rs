//! Plugins that are loaded, run, swapped and given back again and again.
//!
//! `soak watch STAGE DIR RUNS` lays out small bundles in DIR and has valgrind watch so many runs of them.
//! `soak run STAGE DIR ENGINES ROUNDS RUNS` is what is watched.
#![forbid(unsafe_code)]

use anyhow::bail;
use std::path::Path;
use undertone_tests::soak::{Amount, ENGINES, prepare, soak, watch};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["watch", stage, dir, runs] => {
            let (stage, dir) = (Path::new(stage), Path::new(dir));
            prepare(stage, dir)?;
            let found = watch(&std::env::current_exe()?, stage, dir, Amount::of_runs(runs.parse()?))?;
            println!("{found}");
            found.verdict()
        }
        ["run", stage, dir, engines, rounds, runs] => {
            let engines: Vec<&str> = engines.split(',').collect();
            let done = soak(Path::new(stage), Path::new(dir), &engines, (rounds.parse()?, runs.parse()?))?;
            println!("{done} runs");
            Ok(())
        }
        _ => bail!("give watch STAGE DIR RUNS, or run STAGE DIR {} ROUNDS RUNS", ENGINES.join(",")),
    }
}
