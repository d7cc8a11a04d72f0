//! Golden vectors: frames whose logits are known, with which whoever loads a bundle checks that it computes
//! what was trained.

use crate::manifest::Manifest;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// The usual name of the file of golden frames.
pub const GOLDEN_FRAMES_FILE: &str = "golden.frames";
/// The usual tolerance: logits that differ by less give probabilities that nobody can tell apart.
pub const GOLDEN_TOLERANCE: f32 = 1e-3;

const BYTES_PER_VALUE: usize = size_of::<f32>();

/// The section `[golden]` of a manifest. A model that gives other logits for these frames is not served.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// Path of the frames in the bundle: `[time, dim]`, row-major, as [`Golden::encode_frames`] writes them;
    /// listed in [`Manifest::files`].
    pub frames: String,
    /// Number of frames, within the model's limits.
    pub time: u32,
    /// What `graph.whole` gives for them: one finite logit per label.
    pub logits: Vec<f32>,
    /// What `graph.stream` gives behind them, fed in pieces; only for a model that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_logits: Option<Vec<f32>>,
    /// Largest accepted difference of a logit, above 0.
    pub tolerance: f32,
}

impl Golden {
    /// `frames` as bytes: 32-bit little-endian IEEE floats, nothing before, between or behind them.
    pub fn encode_frames(frames: &[f32]) -> Vec<u8> {
        frames.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    /// The values in `bytes`. `None` when these are no whole number of values, or one is not finite.
    pub fn decode_frames(bytes: &[u8]) -> Option<Vec<f32>> {
        let (values, rest) = bytes.as_chunks::<BYTES_PER_VALUE>();
        let values: Vec<f32> = values.iter().map(|value| f32::from_le_bytes(*value)).collect();
        (rest.is_empty() && values.iter().all(|value| value.is_finite())).then_some(values)
    }

    /// Everything that is wrong with the section, its file not looked at.
    pub(crate) fn mistakes(&self, manifest: &Manifest) -> Vec<String> {
        let mut found = Vec::new();
        if !manifest.files.contains_key(&self.frames) {
            found.push(format!("golden.frames: {:?} is not listed in [files]", self.frames));
        }
        let limits = manifest.limits;
        if !(limits.min_frames..=limits.max_frames).contains(&self.time) {
            let (min, max) = (limits.min_frames, limits.max_frames);
            found.push(format!("golden.time: {} is not from {min} to {max}, the model's limits", self.time));
        }
        let labels = manifest.labels.len();
        for (field, logits) in
            [("logits", Some(&self.logits)), ("stream_logits", self.stream_logits.as_ref())]
        {
            let Some(logits) = logits else { continue };
            if logits.len() != labels {
                found.push(format!("golden.{field}: {} of them for {labels} labels", logits.len()));
            }
            if !logits.iter().all(|logit| logit.is_finite()) {
                found.push(format!("golden.{field}: one is not finite"));
            }
        }
        if self.stream_logits.is_some() {
            match &manifest.graph.stream {
                None => found.push("golden.stream_logits: there is no graph.stream".to_owned()),
                Some(stream) if !self.time.is_multiple_of(stream.step_frames.max(1)) => {
                    let (time, step) = (self.time, stream.step_frames);
                    found.push(format!(
                        "golden.time: {time} is no multiple of graph.stream.step_frames, {step}"
                    ));
                }
                Some(_) => {}
            }
        }
        if !(self.tolerance.is_finite() && self.tolerance > 0.0) {
            found.push(format!("golden.tolerance: {} is not above 0", self.tolerance));
        }
        found
    }

    /// What is wrong with the file at `path`, whose frames have `dim` values.
    pub(crate) fn mistake_of_file(&self, path: &Path, dim: u32) -> Option<String> {
        let expected = u64::from(self.time) * u64::from(dim) * BYTES_PER_VALUE as u64;
        let bytes = match fs::metadata(path).map(|file| file.len()) {
            Ok(length) if length == expected => fs::read(path),
            Ok(length) => {
                let time = self.time;
                return Some(format!("has {length} bytes, {time} frames of {dim} values need {expected}"));
            }
            Err(why) => Err(why),
        };
        match bytes {
            Ok(bytes) if Self::decode_frames(&bytes).is_some() => None,
            Ok(_) => Some("holds a value that is not finite".to_owned()),
            Err(why) => Some(format!("cannot be read: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_little_endian_and_come_back_as_they_were() {
        let bytes = Golden::encode_frames(&[1.0, -0.5]);
        assert_eq!(bytes, [0, 0, 0x80, 0x3f, 0, 0, 0, 0xbf]);
        assert_eq!(Golden::decode_frames(&bytes), Some(vec![1.0, -0.5]));
    }

    #[test]
    fn half_a_value_and_values_that_are_not_finite_are_no_frames() {
        assert_eq!(Golden::decode_frames(&[0, 0, 0x80]), None);
        assert_eq!(Golden::decode_frames(&f32::NAN.to_le_bytes()), None);
    }
}
