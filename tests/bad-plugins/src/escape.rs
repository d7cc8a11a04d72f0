//! What a plugin could do to others, if its process let it.

use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;
use undertone_plugin_sdk::Failure;

/// Files that nobody else may have passed on: the standard ones, two bells, the shared memory, and the folder that is read.
const OWN_FILES: usize = 7;

type Attempt = (&'static str, fn() -> bool);

const ATTEMPTS: [Attempt; 18] = [
    ("network: listen", || TcpListener::bind("127.0.0.1:0").is_ok()),
    ("network: send", || UdpSocket::bind("127.0.0.1:0").is_ok()),
    ("network: pair", || UnixStream::pair().is_ok()),
    ("programs: run", || Command::new("/bin/true").status().is_ok()),
    ("files: write", write),
    ("files: mode", mode),
    ("files: times", times),
    ("files: read", || std::fs::read("/etc/passwd").is_ok()),
    ("memory: shared", || memory(libc::MAP_SHARED)),
    ("memory: as a stack", || memory(libc::MAP_PRIVATE | libc::MAP_GROWSDOWN)),
    ("memory: of the system", || {
        // SAFETY: it makes a segment, or does not, and gives it back.
        unsafe {
            let segment = libc::shmget(libc::IPC_PRIVATE, 4096, 0o600);
            segment >= 0 && libc::shmctl(segment, libc::IPC_RMID, std::ptr::null_mut()) == 0
        }
    }),
    ("calls: by other numbers", other_numbers),
    ("processor: affinity", affinity),
    ("processor: priority", || {
        // SAFETY: the call takes numbers; it asks for the priority that is there.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, libc::getpriority(libc::PRIO_PROCESS, 0)) == 0 }
    }),
    ("life: without the server", || {
        // SAFETY: the call takes numbers; the process asks to live on when the server ends.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, 0) == 0 }
    }),
    ("signals: by a file", || {
        // SAFETY: the calls take numbers, and the file is open as long as the process.
        unsafe { libc::fcntl(0, libc::F_SETOWN, libc::getppid()) == 0 }
    }),
    ("secrets: environment", || std::env::var_os("PATH").is_some()),
    ("secrets: open files", || {
        std::fs::read_dir("/proc/self/fd").is_ok_and(|files| files.count() > OWN_FILES)
    }),
];

fn memory(kind: libc::c_int) -> bool {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, kind | libc::MAP_ANONYMOUS);
    // SAFETY: new memory is asked for, which nobody uses, and given back.
    unsafe {
        let at = libc::mmap(std::ptr::null_mut(), 4096, protection, flags, -1, 0);
        at != libc::MAP_FAILED && libc::munmap(at, 4096) == 0
    }
}

/// Asks for its own number by the second name that x86-64 has for that; where a kernel does not know it, it says so.
fn other_numbers() -> bool {
    // SAFETY: the call takes nothing and changes nothing.
    let answer = unsafe { libc::syscall(libc::SYS_getpid | 0x4000_0000) };
    let is_refused = answer < 0 && std::io::Error::last_os_error().raw_os_error() == Some(libc::EPERM);
    cfg!(target_arch = "x86_64") && !is_refused
}

/// Asks for the processors that it has.
fn affinity() -> bool {
    // SAFETY: the set is as large as is said, and lives during both calls.
    unsafe {
        let mut own: libc::cpu_set_t = std::mem::zeroed();
        let size = size_of::<libc::cpu_set_t>();
        libc::sched_getaffinity(0, size, &raw mut own) == 0
            && libc::sched_setaffinity(0, size, &raw const own) == 0
    }
}

fn write() -> bool {
    let path = std::env::temp_dir().join(format!("undertone-escaped-{}", std::process::id()));
    std::fs::write(&path, "x").and_then(|()| std::fs::remove_file(&path)).is_ok()
}

/// Gives the file of its own program the mode that it has.
fn mode() -> bool {
    let path = "/proc/self/exe";
    std::fs::metadata(path).and_then(|found| std::fs::set_permissions(path, found.permissions())).is_ok()
}

/// Says that the file of its own program was read just now.
fn times() -> bool {
    // SAFETY: the path ends with a zero, and no times means now.
    unsafe { libc::utimensat(libc::AT_FDCWD, c"/proc/self/exe".as_ptr(), std::ptr::null(), 0) == 0 }
}

/// Refuses the item with the names of what went well.
pub(crate) fn report() -> Result<(), Failure> {
    let done: Vec<&str> = ATTEMPTS.iter().filter(|(_, attempt)| attempt()).map(|(name, _)| *name).collect();
    Err(Failure::Refused(format!("escaped: {}", done.join(", "))))
}
