//! What a manifest must fulfil before anything trusts it.

use crate::bundle::{CARD_FILE, MANIFEST_FILE};
use crate::files::path_mistake;
use crate::manifest::{Dim, Manifest, SCHEMA, StreamGraph, Tensor};
use crate::{Checksum, MAX_FILES, Mistake};
use std::collections::BTreeSet;

const MAX_NAME_LENGTH: usize = 64;
const MAX_LABELS: usize = 1_000;
const MAX_DIM: u32 = 65_536;
/// The most values of the shortest utterance and of a step, which every model is tried with: 16 MiB of them.
const MAX_LEAST_VALUES: u64 = 1 << 22;
/// The most values of the longest utterance: 1 GiB of them.
const MAX_UTTERANCE_VALUES: u64 = 1 << 28;
/// The most values of a stream's state, all tensors together.
const MAX_STATE_VALUES: u64 = 1 << 22;

/// Everything that is wrong with the manifest by itself, files not looked at.
pub(crate) fn of_manifest(manifest: &Manifest) -> Vec<Mistake> {
    let mut found = Found(Vec::new());
    if manifest.schema != SCHEMA {
        found.add(format!("schema: {} is not {SCHEMA}, the only one understood", manifest.schema));
    }
    found.identity(manifest);
    found.labels(&manifest.labels);
    found.features(manifest);
    found.graphs(manifest);
    found.numbers(manifest);
    found.speakers(manifest);
    if let Some(golden) = &manifest.golden {
        golden.mistakes(manifest).into_iter().for_each(|what| found.add(what));
    }
    if let Some(profile) = &manifest.profile {
        profile.mistakes(manifest.labels.len()).into_iter().for_each(|what| found.add(what));
    }
    found.files(manifest);
    found.0
}

/// What is wrong with a model's name and a version.
pub(crate) fn of_identity(name: &str, version: &str) -> Vec<Mistake> {
    let mut found = Found(Vec::new());
    found.name("name", name);
    found.version(version);
    found.0
}

struct Found(Vec<Mistake>);

impl Found {
    fn add(&mut self, what: String) {
        self.0.push(Mistake { file: MANIFEST_FILE.to_owned(), what });
    }

    fn check(&mut self, good: bool, what: impl FnOnce() -> String) {
        if !good {
            self.add(what());
        }
    }

    fn identity(&mut self, manifest: &Manifest) {
        let plugin = &manifest.plugin;
        let names = [
            ("name", &manifest.name),
            ("plugin.classifier", &plugin.classifier),
            ("plugin.extractor", &plugin.extractor),
        ];
        names.into_iter().for_each(|(field, name)| self.name(field, name));
        self.version(&manifest.version);
        self.check(is_abi_version(&plugin.abi), || {
            format!("plugin.abi: {:?} is not major.minor, such as 1.0", plugin.abi)
        });
        self.check(!manifest.licence.trim().is_empty(), || "licence: is empty".to_owned());
    }

    fn name(&mut self, field: &str, name: &str) {
        self.check(is_model_name(name), || {
            format!("{field}: {name:?} is not a name of lower-case letters, digits, - and _")
        });
    }

    fn version(&mut self, version: &str) {
        if let Err(why) = semver::Version::parse(version) {
            self.add(format!("version: {version:?} is not a version such as 1.0.0: {why}"));
        }
    }

    fn labels(&mut self, labels: &[String]) {
        self.check((2..=MAX_LABELS).contains(&labels.len()), || {
            format!("labels: {} of them, 2 to {MAX_LABELS} are possible", labels.len())
        });
        let mut seen = BTreeSet::new();
        for label in labels {
            self.check(!label.trim().is_empty(), || "labels: one is empty".to_owned());
            self.check(seen.insert(label), || format!("labels: {label:?} stands twice"));
        }
    }

    fn features(&mut self, manifest: &Manifest) {
        let features = &manifest.features;
        self.check(!features.fingerprint.trim().is_empty(), || "features.fingerprint: is empty".to_owned());
        self.check((1..=MAX_DIM).contains(&features.dim), || {
            format!("features.dim: {} is not between 1 and {MAX_DIM}", features.dim)
        });
    }

    fn graphs(&mut self, manifest: &Manifest) {
        let whole = &manifest.graph.whole;
        self.listed(manifest, "graph.whole.file", &whole.file);
        self.input(manifest, "graph.whole.input", &whole.input);
        self.output(manifest, "graph.whole.output", &whole.output);
        if let Some(stream) = &manifest.graph.stream {
            self.stream_graph(manifest, stream);
        }
    }

    fn stream_graph(&mut self, manifest: &Manifest, stream: &StreamGraph) {
        self.listed(manifest, "graph.stream.file", &stream.file);
        self.input(manifest, "graph.stream.input", &stream.input);
        self.output(manifest, "graph.stream.output", &stream.output);
        self.check(stream.step_frames > 0, || "graph.stream.step_frames: is 0".to_owned());
        self.values("graph.stream.step_frames", stream.step_frames, manifest, MAX_LEAST_VALUES);
        if let Some(temperature) = stream.temperature {
            self.check(temperature.is_finite() && temperature > 0.0, || {
                format!("graph.stream.temperature: {temperature} is not above 0")
            });
        }
        self.check(!stream.states.is_empty(), || "graph.stream.states: there is none".to_owned());
        for state in &stream.states {
            let named = !state.name_in.is_empty() && !state.name_out.is_empty();
            self.check(named && state.shape.iter().all(|&length| length > 0), || {
                format!("graph.stream.states: {:?} needs two names and lengths above 0", state.name_in)
            });
        }
        self.check(state_values(stream).is_some_and(|values| values <= MAX_STATE_VALUES), || {
            format!("graph.stream.states: more than {MAX_STATE_VALUES} values together")
        });
    }

    /// So many frames have no more than `most` values.
    fn values(&mut self, field: &str, frames: u32, manifest: &Manifest, most: u64) {
        let dim = manifest.features.dim;
        self.check(u64::from(frames) * u64::from(dim) <= most, || {
            format!(
                "{field}: {frames} frames of {dim} values are more than the {most} values that are possible"
            )
        });
    }

    fn listed(&mut self, manifest: &Manifest, field: &str, file: &str) {
        self.check(manifest.files.contains_key(file), || {
            format!("{field}: {file:?} is not listed in [files]")
        });
    }

    fn input(&mut self, manifest: &Manifest, field: &str, tensor: &Tensor) {
        self.tensor(field, tensor, 3, ("features.dim", manifest.features.dim));
    }

    fn output(&mut self, manifest: &Manifest, field: &str, tensor: &Tensor) {
        let labels = u32::try_from(manifest.labels.len()).unwrap_or(u32::MAX);
        self.tensor(field, tensor, 2, ("the number of labels", labels));
    }

    /// A tensor has `rank` dimensions, of which the last is fixed to what `last` says.
    fn tensor(&mut self, field: &str, tensor: &Tensor, rank: usize, (meaning, length): (&str, u32)) {
        self.check(!tensor.name.is_empty(), || format!("{field}.name: is empty"));
        let fits = tensor.dims.len() == rank && tensor.dims.last() == Some(&Dim::Fixed(length));
        self.check(fits, || {
            let dims: Vec<_> = tensor.dims.iter().map(ToString::to_string).collect();
            format!(
                "{field}.dims: [{}] should be {rank} dimensions, the last {length}, {meaning}",
                dims.join(", ")
            )
        });
    }

    fn numbers(&mut self, manifest: &Manifest) {
        manifest.calibration.mistakes().into_iter().for_each(|what| self.add(what));
        let limits = manifest.limits;
        self.check((1..=limits.max_frames).contains(&limits.min_frames), || {
            format!(
                "limits: min_frames {} should be at least 1 and not above max_frames {}",
                limits.min_frames, limits.max_frames
            )
        });
        self.values("limits.min_frames", limits.min_frames, manifest, MAX_LEAST_VALUES);
        self.values("limits.max_frames", limits.max_frames, manifest, MAX_UTTERANCE_VALUES);
        let shares = [("accuracy", manifest.training.accuracy), ("uar", manifest.training.uar)];
        for (field, share) in shares {
            self.check((0.0..=1.0).contains(&share), || {
                format!("training.{field}: {share} is not between 0 and 1")
            });
        }
    }

    /// A speaker in two lists would make the test figures a lie.
    fn speakers(&mut self, manifest: &Manifest) {
        let training = &manifest.training;
        let lists = [&training.train_speakers, &training.validation_speakers, &training.test_speakers];
        let mut seen = BTreeSet::new();
        for speaker in lists.into_iter().flatten() {
            self.check(seen.insert(speaker), || format!("training: speaker {speaker:?} stands twice"));
        }
    }

    fn files(&mut self, manifest: &Manifest) {
        self.check(manifest.files.len() <= MAX_FILES, || {
            format!("files: {} are listed, {MAX_FILES} are possible", manifest.files.len())
        });
        self.check(manifest.files.contains_key(CARD_FILE), || format!("files: {CARD_FILE} is not listed"));
        for (path, checksum) in &manifest.files {
            if let Some(what) = path_mistake(path) {
                self.add(format!("files: {path:?} {what}"));
            }
            if let Err(why) = checksum.parse::<Checksum>() {
                self.add(format!("files: {path:?}: {why}"));
            }
        }
    }
}

/// Values of a stream's state, all tensors together; `None` for more than a number holds.
fn state_values(stream: &StreamGraph) -> Option<u64> {
    let of = |shape: &[u32]| shape.iter().try_fold(1_u64, |all, &length| all.checked_mul(length.into()));
    stream.states.iter().try_fold(0_u64, |all, state| all.checked_add(of(&state.shape)?))
}

/// Whether a model can be called so: a lower-case letter, then such letters, digits, `-` and `_`, 64 bytes at most.
pub fn is_model_name(name: &str) -> bool {
    let spelled = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    name.len() <= MAX_NAME_LENGTH
        && name.bytes().all(spelled)
        && name.starts_with(|first: char| first.is_ascii_lowercase())
}

fn is_abi_version(text: &str) -> bool {
    text.split_once('.')
        .is_some_and(|(major, minor)| major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok())
}
