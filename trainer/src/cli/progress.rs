//! How far a training is.

use std::io::Write;
use undertone_trainer::Progress;

/// Prints one line per epoch; a reader who went away stops nothing.
pub(super) fn print(progress: Progress<'_>) {
    let Progress { member, epochs, report, seconds } = progress;
    let remaining = seconds * (epochs - report.epoch) as f64 / 60.0;
    let validation =
        report.validation_accuracy.map_or(String::from("-"), |accuracy| format!("{accuracy:.3}"));
    let _ = writeln!(
        std::io::stdout(),
        "{} epoch {}/{epochs}: loss {:.4}, accuracy {:.3} training, {validation} validation; {seconds:.1} s, \
         {remaining:.0} min left",
        member.name(),
        report.epoch,
        report.loss,
        report.training_accuracy
    );
}
