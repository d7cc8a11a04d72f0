//! An engine with a graph in it.

/// What goes into a graph in one run.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// How many streams or utterances.
    pub batch: usize,
    /// Frames of each.
    pub time: usize,
    /// `[batch, time, dim]`, row by row.
    pub frames: &'a [f32],
    /// For each state of the configuration, in its order, the values of all streams: `[batch, lengths...]`.
    pub states: &'a [Vec<f32>],
}

/// What comes out of it.
#[derive(Debug, Clone, Copy)]
pub struct Outputs<'a> {
    /// `[batch, labels]`, row by row.
    pub scores: &'a [f32],
    /// As in [`Inputs::states`], behind the frames.
    pub states: &'a [&'a [f32]],
}

/// A graph that an engine has made ready for one worker.
pub trait Runner: Send + 'static {
    /// Why a run failed.
    type Error: std::fmt::Display;

    /// Makes ready what calls with so many streams need.
    fn prepare(&mut self, _usual_batch: usize) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Runs the graph, and hands to `take` what came out.
    fn run(&mut self, inputs: Inputs<'_>, take: impl FnOnce(Outputs<'_>)) -> Result<(), Self::Error>;
}
