//! What a process gives up before it loads anything: it dies with the server, cannot gain rights, reads what it needs and
//! writes nothing, and has neither network nor other programs.

use super::order::Order;
use super::system_calls;
use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, Signal, getppid, set_parent_process_death_signal, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};
use std::io;
use std::path::PathBuf;

/// Files that a process may have open; ONNX Runtime needs a handful.
const OPEN_FILES: u64 = 256;
/// What the dynamic linker and runtimes read on every Linux.
const OF_THE_SYSTEM: [&str; 12] = [
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/etc/ld.so.cache",
    "/proc",
    "/sys/bus",
    "/sys/class",
    "/sys/devices",
    "/dev/null",
    "/dev/urandom",
];

/// Has the system end this process when the thread that started it ends.
pub(super) fn follow(server: u32) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have ended before.
    let parent = getppid().map(|parent| parent.as_raw_nonzero().get().unsigned_abs());
    if parent == Some(server) { Ok(()) } else { Err(io::Error::other("the server is gone")) }
}

/// Limits the private memory of this process, for ever.
///
/// # Errors
/// When it has less already.
pub fn limit_memory(bytes: u64) -> io::Result<()> {
    setrlimit(Resource::Data, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
    Ok(())
}

/// Locks this process in; a sentence for each part that this system does not offer.
pub(super) fn lock_in(order: &Order) -> Vec<String> {
    let mut missing = Vec::new();
    let mut note = |part: &str, done: Result<(), String>| {
        if let Err(why) = done {
            missing.push(format!("{part}: {why}"));
        }
    };
    let limits = [
        ("the limit of memory", Resource::Data, order.memory_bytes),
        ("the limit of open files", Resource::Nofile, OPEN_FILES),
        ("the limit of written files", Resource::Fsize, 0),
        ("the limit of memory dumps", Resource::Core, 0),
    ];
    for (part, resource, most) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        note(part, setrlimit(resource, limit).map_err(|error| error.to_string()));
    }
    note("no new privileges", set_no_new_privs(true).map_err(|error| error.to_string()));
    let none = CapabilitySet::empty();
    let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
    note("no capabilities", set_capabilities(None, none).map_err(|error| error.to_string()));
    note("files are read only (Landlock)", read_only(order));
    note("no network and no programs (seccomp)", system_calls::deny().map_err(|error| error.to_string()));
    missing
}

fn read_only(order: &Order) -> Result<(), String> {
    match landlock(order) {
        Ok(RulesetStatus::FullyEnforced) => Ok(()),
        Ok(RulesetStatus::PartiallyEnforced) => Err("this kernel knows only a part of it".to_owned()),
        Ok(RulesetStatus::NotEnforced) => Err("this kernel does not have it".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn landlock(order: &Order) -> Result<RulesetStatus, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V4))?
        .scope(Scope::from_all(ABI::V6))?
        .create()?
        .add_rules(path_beneath_rules(OF_THE_SYSTEM, read))?
        .add_rules(path_beneath_rules(own(order), read))?;
    Ok(ruleset.restrict_self()?.ruleset)
}

/// The files of this process's plugin. Links are followed here, since what they lead to is what will be opened.
fn own(order: &Order) -> Vec<PathBuf> {
    let lib = order.plugins_dir.join("../lib");
    let onnxruntime =
        order.onnxruntime.as_ref().and_then(|file| Some(file.canonicalize().ok()?.parent()?.to_owned()));
    let library = order.plugins_dir.join(format!("libundertone_plugin_{}.so", order.plugin)).canonicalize();
    let named =
        [Some(order.bundle.clone()), Some(order.plugins_dir.clone()), Some(lib), onnxruntime, library.ok()];
    named.into_iter().flatten().chain(order.readable.iter().cloned()).collect()
}
