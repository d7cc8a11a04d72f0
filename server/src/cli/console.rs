//! Standard output of a command line: a reader that has seen enough (`| head`) ends the program and is no error.

/// Writes a line to standard output; the function around it gives its errors back.
macro_rules! say {
    ($($argument:tt)*) => {{
        use std::io::Write;
        writeln!(std::io::stdout(), $($argument)*)?
    }};
}

/// The same without the end of the line.
macro_rules! say_part {
    ($($argument:tt)*) => {{
        use std::io::Write;
        write!(std::io::stdout(), $($argument)*)?
    }};
}

pub(crate) use {say, say_part};

/// Whether `error` says that nobody reads the output any more.
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    let broken = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::BrokenPipe;
    error.root_cause().downcast_ref::<std::io::Error>().is_some_and(broken)
}
