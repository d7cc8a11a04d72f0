//! An extractor that does what its recipe says: every whole hop of samples is a frame of its first sample and
//! 1.

use serde::Deserialize;
use undertone_plugin_sdk::{
    EndReason, ExtractorInstance, ExtractorPlugin, Failure, FrameWriter, Host, Layout, Plugin, export_plugin,
};

const HOP: usize = 160;

export_plugin!(extractor FaultyExtractor);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Behaviour {
    Good,
    /// Panics when a push starts with a sample of exactly 0.5.
    Panic,
    /// Frames hold values that are not finite.
    Nan,
    /// Promises one frame at most and gives more.
    BrokenPromise,
    /// Promises more frames than memory has room for.
    Boundless,
    /// Wants 8 kHz.
    OtherRate,
}

#[derive(Deserialize)]
struct Configuration {
    recipe: Recipe,
}

#[derive(Deserialize)]
struct Recipe {
    behaviour: Behaviour,
}

struct FaultyExtractor(Behaviour);

impl Plugin for FaultyExtractor {
    const NAME: &'static str = "faulty_extractor";
    const VERSION: &'static str = "1.0.0";

    fn open(_host: Host, configuration: &str) -> Result<Self, Failure> {
        let read: Configuration = serde_json::from_str(configuration).map_err(|e| Failure::refused(&e))?;
        Ok(Self(read.recipe.behaviour))
    }
}

impl ExtractorPlugin for FaultyExtractor {
    type Instance = Stream;

    fn layout(&self) -> Layout {
        Layout {
            sample_rate_hz: if self.0 == Behaviour::OtherRate { 8_000 } else { 16_000 },
            hop_samples: HOP as u32,
            window_samples: HOP as u32,
            look_ahead_frames: 0,
            fingerprint: "faulty".to_owned(),
            columns: vec!["first".to_owned(), "one".to_owned()],
        }
    }

    fn new_instance(&self) -> Result<Stream, Failure> {
        Ok(Stream { behaviour: self.0, waiting: Vec::new() })
    }
}

struct Stream {
    behaviour: Behaviour,
    waiting: Vec<f32>,
}

impl ExtractorInstance for Stream {
    fn activate(&mut self, _usual_push_samples: usize) -> Result<(), Failure> {
        Ok(())
    }

    fn max_frames_for(&self, samples: usize) -> usize {
        match self.behaviour {
            Behaviour::Boundless => usize::MAX / 16,
            Behaviour::BrokenPromise => 1,
            _ => samples / HOP + 1,
        }
    }

    fn push(&mut self, samples: &[f32], frames: &mut FrameWriter<'_>) -> Result<(), Failure> {
        assert!(self.behaviour != Behaviour::Panic || samples.first() != Some(&0.5), "asked to");
        self.waiting.extend_from_slice(samples);
        let whole = self.waiting.len() / HOP * HOP;
        for hop in self.waiting[..whole].chunks(HOP) {
            let first = if self.behaviour == Behaviour::Nan { f32::NAN } else { hop[0] };
            frames.append(&[first, 1.0])?;
        }
        self.waiting.drain(..whole);
        Ok(())
    }

    fn finish(&mut self, _frames: &mut FrameWriter<'_>) -> Result<(), Failure> {
        Ok(())
    }

    fn reset(&mut self, _reason: EndReason) -> Result<(), Failure> {
        self.waiting.clear();
        Ok(())
    }
}
