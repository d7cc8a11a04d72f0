//! How the cost of a second of audio, and the time that updates take, grow with the streams at once and with the model.

mod crowd;
mod size;

use crate::{Options, Report, Run};
use anyhow::Result;

const RUNS: [usize; 2] = [3, 1];
const WORK: &str = "real-time streams on a server with one worker on one core, the generator on the other; \
                    processor time of the server's process per second of audio that it heard, p50 and p99 of updates every 0.5 s; \
                    *_width_*: the CNN's recipe with so many percent of its channels, random weights, beside the bare work";

/// What a second of audio costs a server, in milliseconds of processor time, with 25 to 400 streams at once, and with
/// networks of half to twice as many channels.
pub fn measure_growth(options: &Options) -> Result<Report> {
    let mut runs = Vec::new();
    for _ in 0..RUNS[usize::from(options.quick)] {
        let mut figures = Run::new();
        crowd::measure(options, &mut figures)?;
        size::measure(options, &mut figures)?;
        runs.push(figures);
    }
    Ok(Report::new("growth", [], runs).about("work", WORK))
}
