//! What a plugin could do to others, if its process let it.

use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;
use undertone_plugin_sdk::Failure;

/// Files that nobody else may have passed on: the standard ones, two bells, the shared memory, and the folder that is read.
const OWN_FILES: usize = 7;

type Attempt = (&'static str, fn() -> bool);

const ATTEMPTS: [Attempt; 8] = [
    ("network: listen", || TcpListener::bind("127.0.0.1:0").is_ok()),
    ("network: send", || UdpSocket::bind("127.0.0.1:0").is_ok()),
    ("network: pair", || UnixStream::pair().is_ok()),
    ("programs: run", || Command::new("/bin/true").status().is_ok()),
    ("files: write", write),
    ("files: read", || std::fs::read("/etc/passwd").is_ok()),
    ("secrets: environment", || std::env::var_os("PATH").is_some()),
    ("secrets: open files", || {
        std::fs::read_dir("/proc/self/fd").is_ok_and(|files| files.count() > OWN_FILES)
    }),
];

fn write() -> bool {
    let path = std::env::temp_dir().join(format!("undertone-escaped-{}", std::process::id()));
    std::fs::write(&path, "x").and_then(|()| std::fs::remove_file(&path)).is_ok()
}

/// Refuses the item with the names of what went well.
pub(crate) fn report() -> Result<(), Failure> {
    let done: Vec<&str> = ATTEMPTS.iter().filter(|(_, attempt)| attempt()).map(|(name, _)| *name).collect();
    Err(Failure::Refused(format!("escaped: {}", done.join(", "))))
}
