//! The extractor plugin `logmel`: every recipe of `undertone-features` (log-mel, MFCC, deltas, prosody).
//!
//! Configuration: `{"recipe": ...}` with the name of a recipe or an object of all its parameters.
#![deny(unsafe_code)]

use serde::Deserialize;
use serde_json::Value;
use undertone_core::Frames;
use undertone_features::{FeatureExtractor, Recipe};
use undertone_plugin_sdk::{
    EndReason, ExtractorInstance, ExtractorPlugin, Failure, FrameWriter, Host, Layout, Plugin, export_plugin,
};

export_plugin!(extractor LogMel);

/// One recipe.
struct LogMel {
    recipe: Recipe,
    extractor: FeatureExtractor,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    recipe: Value,
}

impl Plugin for LogMel {
    const NAME: &'static str = "logmel";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn open(_host: Host, configuration: &str) -> Result<Self, Failure> {
        let configuration: Configuration =
            serde_json::from_str(configuration).map_err(|why| Failure::refused(&why))?;
        let recipe = recipe(&configuration.recipe)?;
        let extractor = FeatureExtractor::new(&recipe).map_err(|why| Failure::refused(&why))?;
        Ok(Self { recipe, extractor })
    }
}

fn recipe(wanted: &Value) -> Result<Recipe, Failure> {
    let Value::String(name) = wanted else {
        return Recipe::from_json(&wanted.to_string()).map_err(|why| Failure::refused(&why));
    };
    Recipe::named(name).ok_or_else(|| {
        let known = Recipe::names().join(", ");
        Failure::Refused(format!("there is no recipe {name:?}; there are: {known}"))
    })
}

impl ExtractorPlugin for LogMel {
    type Instance = Stream;

    fn layout(&self) -> Layout {
        let layout = self.extractor.layout();
        Layout {
            sample_rate_hz: self.recipe.sample_rate_hz,
            hop_samples: layout.grid.hop_samples,
            window_samples: layout.grid.window_samples,
            look_ahead_frames: layout.look_ahead_frames,
            fingerprint: self.recipe.fingerprint(),
            columns: layout.columns.clone(),
        }
    }

    fn new_instance(&self) -> Result<Stream, Failure> {
        Ok(Stream { extractor: self.extractor.clone(), frames: Frames::new(self.extractor.layout().dim) })
    }
}

/// The frames of one stream.
struct Stream {
    extractor: FeatureExtractor,
    frames: Frames,
}

impl ExtractorInstance for Stream {
    fn activate(&mut self, usual_push_samples: usize) -> Result<(), Failure> {
        self.extractor.reset();
        self.frames.grow(self.extractor.max_frames_for(usual_push_samples));
        self.frames.clear();
        Ok(())
    }

    fn max_frames_for(&self, samples: usize) -> usize {
        self.extractor.max_frames_for(samples)
    }

    fn push(&mut self, samples: &[f32], frames: &mut FrameWriter<'_>) -> Result<(), Failure> {
        self.frames.clear();
        self.extractor.push(samples, &mut self.frames);
        frames.append(self.frames.values())
    }

    fn finish(&mut self, frames: &mut FrameWriter<'_>) -> Result<(), Failure> {
        self.frames.clear();
        self.extractor.finish(&mut self.frames);
        frames.append(self.frames.values())
    }

    fn reset(&mut self, _reason: EndReason) -> Result<(), Failure> {
        self.extractor.reset();
        Ok(())
    }
}
