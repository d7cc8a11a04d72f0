//! What every model must do before it takes a stream: make frames of a made-up signal and score them, and give its golden logits
//! for its golden frames, where it has any.

use crate::HostError;
use crate::golden;
use crate::material::speech;
use crate::model::Plugins;
use crate::scorers::Scorers;
use undertone_bundle::{Bundle, Limits};
use undertone_core::{Advance, EndReason, Frames, FramesView, PIPELINE_RATE, PluginError, Streaming};

/// Frames of the signal, unless the model takes more or fewer.
const USUAL_FRAMES: usize = 100;
/// However long a frame is, no more of the signal is made.
const MOST_SECONDS: usize = 60;
/// A tenth of a second, as live streams bring it.
const PUSH_SAMPLES: usize = 1_600;
/// Which of the made-up signals.
const SEED: u32 = 5;

/// Refuses a model that fails at it.
pub(crate) fn pass(bundle: &Bundle, plugins: &Plugins) -> Result<(), HostError> {
    let signal = signal(plugins);
    made_up(&signal, bundle.manifest().limits, plugins).map_err(|source| HostError::Trial {
        dir: bundle.dir().to_owned(),
        seconds: signal.len() as f32 / PIPELINE_RATE.hz() as f32,
        source,
    })?;
    golden::check(bundle, plugins)
}

/// As much as gives the usual number of frames.
fn signal(plugins: &Plugins) -> Vec<f32> {
    let grid = plugins.extractor.layout().grid;
    let (window, hop) = (grid.window_samples as usize, grid.hop_samples as usize);
    let wanted = hop.saturating_mul(USUAL_FRAMES - 1).saturating_add(window);
    speech(wanted.min(MOST_SECONDS * PIPELINE_RATE.hz() as usize), SEED)
}

/// Goes the way of a stream with `signal`. What comes out does not matter, as long as it is finite and of the right shape, which
/// is looked at wherever plugins are called.
fn made_up(signal: &[f32], limits: Limits, plugins: &Plugins) -> Result<(), PluginError> {
    let frames = heard(signal, plugins)?;
    let scorers = &plugins.scorers;
    let whole = USUAL_FRAMES.clamp(limits.min_frames as usize, limits.max_frames as usize);
    let values = rows(&frames, whole);
    let mut scored = Vec::new();
    scorers.classifier()?.classify(&[FramesView { dim: frames.dim(), values: &values }], &mut scored)?;
    scored.into_iter().try_for_each(|item| item.map(drop))?;
    scorers.streaming().map_or(Ok(()), |streaming| in_steps(&frames, limits, (scorers, streaming)))
}

/// The frames of `signal`. A frame longer than the whole signal is taken for one of zeroes.
fn heard(signal: &[f32], plugins: &Plugins) -> Result<Frames, PluginError> {
    let mut extractor = plugins.extractor.extractor()?;
    let mut frames = Frames::new(plugins.extractor.layout().dim);
    for piece in signal.chunks(PUSH_SAMPLES) {
        extractor.push(piece, &mut frames)?;
    }
    extractor.finish(&mut frames)?;
    extractor.reset(EndReason::Finished)?;
    if frames.is_empty() {
        frames.grow(1).fill(0.0);
    }
    Ok(frames)
}

/// Has the stateful graph go on with one step, and then with many at once.
fn in_steps(
    frames: &Frames,
    limits: Limits,
    (scorers, streaming): (&Scorers, Streaming),
) -> Result<(), PluginError> {
    let step = streaming.step_frames;
    let many = (USUAL_FRAMES.min(limits.max_frames as usize) / step).max(1);
    let values = rows(frames, step * (1 + many));
    let mut classifier = scorers.stream_classifier()?;
    let mut state = vec![0.0; streaming.state_values];
    let (first, later) = values.split_at(step * frames.dim());
    for values in [first, later] {
        let mut scored = Vec::new();
        let frames = FramesView { dim: frames.dim(), values };
        classifier.advance(&mut [Advance { frames, state: &mut state }], &mut scored)?;
        scored.into_iter().try_for_each(|item| item.map(drop))?;
    }
    Ok(())
}

/// So many rows of `frames`, from the front again where there are fewer.
fn rows(frames: &Frames, count: usize) -> Vec<f32> {
    frames.values().iter().copied().cycle().take(count * frames.dim()).collect()
}
