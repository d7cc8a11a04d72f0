//! What the system says of the threads of this process.

/// The field of a thread's `stat` behind its name that says how far it stands back.
const NICE: usize = 16;

/// The names of all threads, each with how far it stands back.
pub(crate) fn nice_of_threads() -> Vec<(String, i32)> {
    let threads = std::fs::read_dir("/proc/self/task").expect("there are threads").flatten();
    let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    stats.filter_map(|stat| named(&stat)).collect()
}

/// How far this thread stands back, and so all that do not make way for others.
pub(crate) fn own_nice() -> i32 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("this thread runs");
    named(&stat).expect("it has all fields").1
}

fn named(stat: &str) -> Option<(String, i32)> {
    let (name, rest) = stat.rsplit_once(") ")?;
    let nice = rest.split(' ').nth(NICE)?.parse().ok()?;
    Some((name.split_once('(')?.1.to_owned(), nice))
}
