//! How far a training is.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write, stdout};
use undertone_core::Emotion;
use undertone_trainer::dataset::{Clip, Speaker};
use undertone_trainer::{Forecast, Material, Progress};

const BAR_WIDTH: usize = 24;
/// Clips that are named where several are told of.
const SHOWN: usize = 10;
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

/// Says what there is to learn from.
pub(super) fn tell_clips(clips: &[Clip]) {
    let speakers: BTreeSet<&Speaker> = clips.iter().map(|clip| &clip.speaker).collect();
    let count = |label: &Emotion| clips.iter().filter(|clip| clip.emotion == *label).count();
    let labels = Emotion::ALL.iter().map(|label| (label, count(label))).filter(|(_, count)| *count > 0);
    let labels: Vec<String> = labels.map(|(label, count)| format!("{label} {count}")).collect();
    tell(&format!("{} clips of {} speakers: {}", clips.len(), speakers.len(), labels.join(", ")));
}

/// Says which clips were not learnt from.
pub(super) fn tell_left_out(material: &Material) {
    tell_some("speech was found in none of", material, &material.without_speech());
    tell_some("not learnt from, as copies of others", material, &material.copies());
}

fn tell_some(why: &str, material: &Material, clips: &[usize]) {
    if clips.is_empty() {
        return;
    }
    let (shown, rest) = clips.split_at(clips.len().min(SHOWN));
    let names: Vec<&str> = shown.iter().map(|&clip| material.names[clip].as_str()).collect();
    let more = if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
    tell(&format!("  {why}: {}{more}", names.join(", ")));
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
