//! What a command line prints. On standard output a reader that has seen enough (`| head`) is an error to hand on and no panic; it
//! is for the program to say whether it had done its work ([`nobody_reads`]).
#![forbid(unsafe_code)]

/// Writes a line to standard output; the function around it gives its errors back.
#[macro_export]
macro_rules! say {
    ($($argument:tt)*) => {{
        use std::io::Write;
        writeln!(std::io::stdout(), $($argument)*)?
    }};
}

/// The same without the end of the line.
#[macro_export]
macro_rules! say_part {
    ($($argument:tt)*) => {{
        use std::io::Write;
        write!(std::io::stdout(), $($argument)*)?
    }};
}

/// Whether `error` says that nobody reads the output any more.
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    let broken = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::BrokenPipe;
    error.root_cause().downcast_ref::<std::io::Error>().is_some_and(broken)
}

/// What went wrong, with all its causes. A cause that only repeats what was just said is left out.
pub fn sentence_of(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string).filter(|cause| !cause.is_empty()) {
        if told.is_empty() {
            told = cause;
        } else if !told.ends_with(&cause) {
            told.push_str(": ");
            told.push_str(&cause);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn a_cause_that_repeats_what_was_just_said_is_told_once() {
        let refused = anyhow!("refused by the system").context("connect error").context("connect error");
        assert_eq!(
            sentence_of(&refused.context("no server answers")),
            "no server answers: connect error: refused by the system"
        );
    }
}
