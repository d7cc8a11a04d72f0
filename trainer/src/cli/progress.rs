//! How far a training is.

use std::io::{IsTerminal, Write, stdout};
use undertone_trainer::{Forecast, Progress};

const BAR_WIDTH: usize = 24;
const SECONDS_PER_MINUTE: f64 = 60.0;

/// Shows an epoch, with the time that is left of all trainings of the command: on a terminal in a line that changes,
/// elsewhere in a line of its own. A reader who went away stops nothing.
pub(super) fn print(progress: Progress<'_>, forecast: &mut Forecast) {
    let mut output = stdout();
    let ended = progress.report.epoch == progress.epochs;
    let text = text(&progress, forecast.behind(&progress));
    let _ = match (output.is_terminal(), ended) {
        (true, false) => write!(output, "\r\x1b[K{} {text}", bar(&progress)),
        (true, true) => writeln!(output, "\r\x1b[K{} {text}", bar(&progress)),
        (false, _) => writeln!(output, "{text}"),
    };
    let _ = output.flush();
}

/// Says something on the way, in a line of its own. A reader who went away stops nothing.
pub(super) fn tell(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

fn bar(progress: &Progress<'_>) -> String {
    let full = BAR_WIDTH * progress.report.epoch / progress.epochs.max(1);
    format!("{}{}", "━".repeat(full), "─".repeat(BAR_WIDTH - full.min(BAR_WIDTH)))
}

fn text(progress: &Progress<'_>, seconds_left: f64) -> String {
    let Progress { side, member, members, epochs, report, seconds } = progress;
    let place = if *members == 1 { String::new() } else { format!(" {member} of {members},") };
    let remaining = seconds_left / SECONDS_PER_MINUTE;
    let validation =
        report.validation_accuracy.map_or(String::from("-"), |accuracy| format!("{accuracy:.3}"));
    format!(
        "{}{place} epoch {}/{epochs}: loss {:.4}, accuracy {:.3} training, {validation} validation; {seconds:.1} s, \
         {remaining:.0} min left in all",
        side.name(),
        report.epoch,
        report.loss,
        report.training_accuracy
    )
}
