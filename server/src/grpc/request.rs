//! From a client's configuration to one that cannot be wrong.

use super::resumes::{self, Resumable};
use super::{participants, status};
use crate::access::Caller;
use crate::experiments::Participation;
use crate::readiness::{NoModel, model_for_work};
use crate::recognition::{Recognition, Source};
use std::sync::Arc;
use std::time::Duration;
use tonic::Status;
use tonic_types::FieldViolation;
use undertone_audio::{AudioFormat, Encoding, Endpointing};
use undertone_core::{Labels, Model, PIPELINE_RATE, SampleRate, StreamId};
use undertone_engine::{ResumePoint, SessionConfig};
use undertone_plugin_host::LoadedModel;
use undertone_proto::v1;

/// A configuration that was checked whole.
pub(crate) struct CheckedRequest {
    pub(crate) caller: Caller,
    pub(crate) model: Arc<LoadedModel>,
    pub(crate) session: SessionConfig,
    pub(crate) subject_key: Option<String>,
    pub(crate) labels: Labels,
    /// The stream that is taken up again.
    pub(crate) resumes: Option<StreamId>,
    /// The stream: the one that is taken up again, else a new one.
    pub(crate) id: StreamId,
    /// Its part in an experiment.
    pub(crate) participation: Option<Arc<Participation>>,
    /// The client's configuration with every default filled in.
    pub(crate) effective: v1::RecognitionConfig,
}

/// Checks what `caller` asks for; every wrong field is named. `first_bytes` tell the container when the encoding is left open.
pub(crate) fn check(
    config: v1::RecognitionConfig,
    first_bytes: Option<&[u8]>,
    asking: (&Recognition, &Caller),
) -> Result<CheckedRequest, Status> {
    check_for(config, first_bytes, asking, None)
}

/// The same for a model that was picked already, which stays the one even if it goes out of service meanwhile.
pub(crate) fn check_for(
    config: v1::RecognitionConfig,
    first_bytes: Option<&[u8]>,
    (recognition, caller): (&Recognition, &Caller),
    picked: Option<&Arc<LoadedModel>>,
) -> Result<CheckedRequest, Status> {
    let mut violations = Violations::default();
    if first_bytes.is_some_and(<[u8]>::is_empty) {
        violations.add("audio", "there is no audio: the recording is empty");
    }
    let format = audio_format(config.audio.unwrap_or_default(), first_bytes, &mut violations);
    let hop = interim_hop(&config, recognition, &mut violations);
    let endpointing = endpointing(config.endpointing, recognition, &mut violations);
    if !(0.0..=1.0).contains(&config.hysteresis) {
        violations.add("config.hysteresis", "give a number from 0 to 1");
    }
    check_texts(&config, recognition, &mut violations);
    let Some(format) = format.filter(|_| violations.0.is_empty()) else {
        return Err(status::bad_request(violations.0));
    };
    let new = StreamId::generate();
    let chosen = participants::choose(&config, new, (recognition, caller))?;
    let Picked { model, named } = match picked {
        Some(model) => Picked::of(model.clone()),
        None => pick(&chosen.model, &config.resume_token, recognition)?,
    };
    let endpointing = Endpointing {
        max_utterance: endpointing.max_utterance.min(longest_utterance(&model)),
        ..endpointing
    };
    let mut session = SessionConfig {
        format,
        limits: recognition.settings.limits,
        endpointing,
        interim_hop: config.interim_results.then(|| PIPELINE_RATE.samples_in(hop)),
        hysteresis: config.hysteresis,
        min_frames: model.min_frames(),
        from: ResumePoint::default(),
        acknowledge: false,
        is_recording: first_bytes.is_some(),
        answer_the_longest: first_bytes.is_none(),
        hand_out_frames: chosen.has_shadows(),
    };
    let mut effective = v1::RecognitionConfig {
        audio: Some(effective_audio(format)),
        model: named,
        experiment: chosen.experiment(&config),
        interim_hop: config.interim_results.then(|| duration(hop)),
        endpointing: Some(effective_endpointing(&endpointing)),
        resumable: resumes::is_asked_for(&config),
        resume_token: String::new(),
        ..config.clone()
    };
    let resumes = match effective.resumable {
        true => {
            let stream =
                Resumable { effective: &effective, alone: first_bytes.is_some(), tenant: caller.tenant() };
            resumes::check(&config, stream, &mut session, recognition)?
        }
        false => None,
    };
    effective.model = model.reference().to_string();
    let subject_key = Some(config.subject_key).filter(|key| !key.is_empty());
    let labels = config.labels.into_iter().collect();
    let caller = caller.clone();
    let (id, participation) = (resumes.unwrap_or(new), chosen.participation);
    Ok(CheckedRequest { caller, model, session, subject_key, labels, resumes, id, participation, effective })
}

impl CheckedRequest {
    /// Where its answers come from.
    pub(crate) fn source(&self, recognition: &Recognition) -> Source {
        Source {
            id: self.id,
            tenant: self.caller.tenant().to_owned(),
            model: self.model.clone(),
            subject: recognition.stored_subject_key(self.subject_key.as_deref()),
            participation: self.participation.clone(),
        }
    }
}

/// Who answers.
struct Picked {
    model: Arc<LoadedModel>,
    /// The version that the client's token was made for, if it has one.
    named: String,
}

impl Picked {
    fn of(model: Arc<LoadedModel>) -> Self {
        let named = model.reference().to_string();
        Self { model, named }
    }
}

/// A new stream is answered by what is ready. One that is taken up goes on with its version while anybody has it, and after
/// that with the version that answers for the name.
fn pick(wanted: &str, resume_token: &str, recognition: &Recognition) -> Result<Picked, Status> {
    let found = match (model_for_work(recognition, wanted), wanted.split_once('@')) {
        (Err(NoModel::Unknown(_)), Some((name, _))) if !resume_token.is_empty() => {
            let held = recognition.models.still_held(wanted);
            let found = held.map_or_else(|| model_for_work(recognition, name), Ok);
            found.map(|model| Picked { model, named: wanted.to_owned() })
        }
        (found, _) => found.map(Picked::of),
    };
    found.map_err(|none| status::no_model(wanted, &none))
}

/// The longest utterance that gives no more frames than the model takes. An utterance is cut when the segmenter looks,
/// at most one step of 16 ms late.
pub(crate) fn longest_utterance(model: &LoadedModel) -> Duration {
    const LATE_SAMPLES: u64 = 256;
    let hop = u64::from(model.layout().grid.hop_samples);
    let frames = u64::from(model.manifest().limits.max_frames).saturating_sub(1);
    PIPELINE_RATE.duration_of((frames * hop).saturating_sub(LATE_SAMPLES))
}

/// The wrong fields found so far.
#[derive(Default)]
struct Violations(Vec<FieldViolation>);

impl Violations {
    fn add(&mut self, field: &str, description: impl Into<String>) {
        self.0.push(FieldViolation::new(field, description));
    }
}

fn audio_format(
    audio: v1::AudioFormat,
    first_bytes: Option<&[u8]>,
    violations: &mut Violations,
) -> Option<AudioFormat> {
    let encoding = encoding(audio.encoding, first_bytes, violations);
    let sample_rate = match audio.sample_rate_hertz {
        0 => None,
        hz => SampleRate::new(hz)
            .inspect_err(|error| violations.add("config.audio.sample_rate_hertz", error.to_string()))
            .ok(),
    };
    let Ok(channels) = u16::try_from(audio.channels) else {
        violations.add("config.audio.channels", format!("{} channels are too many", audio.channels));
        return None;
    };
    let encoding = encoding?;
    if !encoding.is_container() && audio.sample_rate_hertz == 0 {
        let needed = format!("{} has no header: give the sample rate in Hz", encoding.name());
        violations.add("config.audio.sample_rate_hertz", needed);
        return None;
    }
    Some(AudioFormat { encoding, sample_rate, channels: Some(channels).filter(|&channels| channels > 0) })
}

fn encoding(number: i32, first_bytes: Option<&[u8]>, violations: &mut Violations) -> Option<Encoding> {
    use v1::AudioEncoding as Wire;
    const FIELD: &str = "config.audio.encoding";
    let encoding = match Wire::try_from(number) {
        Ok(Wire::Linear16) => Encoding::Linear16,
        Ok(Wire::Float32) => Encoding::Float32,
        Ok(Wire::Mulaw) => Encoding::Mulaw,
        Ok(Wire::Alaw) => Encoding::Alaw,
        Ok(Wire::Flac) => Encoding::Flac,
        Ok(Wire::OggOpus) => Encoding::OggOpus,
        Ok(Wire::Wav) => Encoding::Wav,
        Ok(Wire::Unspecified) => return sniffed(first_bytes, violations),
        Err(_) => {
            violations.add(FIELD, format!("{number} is not an encoding"));
            return None;
        }
    };
    Some(encoding)
}

fn sniffed(first_bytes: Option<&[u8]>, violations: &mut Violations) -> Option<Encoding> {
    const FIELD: &str = "config.audio.encoding";
    let Some(bytes) = first_bytes else {
        violations.add(FIELD, "a stream must name its encoding");
        return None;
    };
    let found = Encoding::sniff(bytes);
    if found.is_none() && !bytes.is_empty() {
        violations
            .add(FIELD, "the bytes are neither WAV, FLAC nor Ogg Opus; raw audio must name its encoding");
    }
    found
}

fn interim_hop(
    config: &v1::RecognitionConfig,
    recognition: &Recognition,
    violations: &mut Violations,
) -> Duration {
    let shortest = recognition.settings.min_interim_hop;
    let longest = recognition.settings.max_audio();
    let Some(asked) = config.interim_hop else { return recognition.settings.interim_hop };
    match Duration::try_from(asked) {
        Ok(hop) if (shortest..=longest).contains(&hop) => hop,
        // It was announced by a server whose updates may come at shorter distances.
        Ok(hop) if hop < shortest && !config.resume_token.is_empty() => shortest,
        _ => {
            let sentence = format!("give {} ms to {} s", shortest.as_millis(), longest.as_secs());
            violations.add("config.interim_hop", sentence);
            shortest
        }
    }
}

fn endpointing(
    asked: Option<v1::Endpointing>,
    recognition: &Recognition,
    violations: &mut Violations,
) -> Endpointing {
    let default = recognition.settings.endpointing;
    let Some(asked) = asked else { return default };
    let mut take = |name: &str, value: Option<prost_types::Duration>, default: Duration| match value {
        None => default,
        Some(value) => Duration::try_from(value).unwrap_or_else(|_| {
            violations.add(&format!("config.endpointing.{name}"), "a duration here is not negative");
            default
        }),
    };
    let endpointing = Endpointing {
        enabled: asked.enabled.unwrap_or(default.enabled),
        min_speech: take("min_speech", asked.min_speech, default.min_speech),
        hangover: take("hangover", asked.hangover, default.hangover),
        pre_roll: take("pre_roll", asked.pre_roll, default.pre_roll),
        max_utterance: take("max_utterance", asked.max_utterance, default.max_utterance),
        threshold: asked.threshold.unwrap_or(default.threshold),
    };
    for mistake in endpointing.validate().err().unwrap_or_default() {
        violations.add("config.endpointing", mistake);
    }
    endpointing
}

/// Adds what is wrong with texts that a client gives to be stored.
fn check_texts(config: &v1::RecognitionConfig, recognition: &Recognition, violations: &mut Violations) {
    let (most, longest) = (recognition.settings.max_labels, recognition.settings.max_label_bytes);
    if config.labels.len() > most {
        violations.add("config.labels", format!("{} labels: give at most {most}", config.labels.len()));
    }
    let mut texts = config.labels.iter().flat_map(|(key, value)| [key, value]);
    if let Some(why) = texts.find_map(|text| unstorable(text, longest)) {
        violations.add("config.labels", format!("a key or value {why}"));
    }
    if let Some(why) = unstorable(&config.subject_key, longest) {
        violations.add("config.subject_key", format!("it {why}"));
    }
}

/// Why a text cannot be stored. Postgres takes every character but NUL.
fn unstorable(text: &str, longest: usize) -> Option<String> {
    if text.len() > longest {
        return Some(format!("is longer than {longest} bytes"));
    }
    text.contains('\0').then(|| "holds a NUL character".to_owned())
}

fn effective_audio(format: AudioFormat) -> v1::AudioFormat {
    use v1::AudioEncoding as Wire;
    let encoding = match format.encoding {
        Encoding::Linear16 => Wire::Linear16,
        Encoding::Float32 => Wire::Float32,
        Encoding::Mulaw => Wire::Mulaw,
        Encoding::Alaw => Wire::Alaw,
        Encoding::Flac => Wire::Flac,
        Encoding::OggOpus => Wire::OggOpus,
        Encoding::Wav => Wire::Wav,
    };
    v1::AudioFormat {
        encoding: encoding.into(),
        sample_rate_hertz: format.sample_rate.map_or(0, SampleRate::hz),
        channels: u32::from(format.channels.unwrap_or(u16::from(!format.encoding.is_container()))),
    }
}

fn effective_endpointing(endpointing: &Endpointing) -> v1::Endpointing {
    v1::Endpointing {
        enabled: Some(endpointing.enabled),
        min_speech: Some(duration(endpointing.min_speech)),
        hangover: Some(duration(endpointing.hangover)),
        pre_roll: Some(duration(endpointing.pre_roll)),
        max_utterance: Some(duration(endpointing.max_utterance)),
        threshold: Some(endpointing.threshold),
    }
}

/// A duration as the wire spells it.
pub(crate) fn duration(value: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(value.as_secs()).unwrap_or(i64::MAX),
        nanos: value.subsec_nanos().cast_signed(),
    }
}
