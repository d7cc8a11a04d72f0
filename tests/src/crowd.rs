//! Many people who speak to servers at once, and say later what was right.

use crate::{TestServer, repository};
use anyhow::{Context, anyhow, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tonic_types::StatusExt;
use undertone_proto::v1;
use undertone_proto::v1::experiments_client::ExperimentsClient;
use undertone_proto::v1::feedback_client::FeedbackClient;
use undertone_proto::v1::recognizer_client::RecognizerClient;
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

/// The actors of RAVDESS whom neither of the [`unseen_models`] has heard, in training or in calibration.
pub const UNSEEN_ACTORS: [&str; 5] = ["02", "05", "14", "15", "16"];
/// Bytes of a message of audio.
const PIECE_BYTES: usize = 8 * 1024;
/// Streams that are open at a time.
const AT_A_TIME: usize = 16;
/// Judgements in a call.
const CALL: usize = 500;

/// A `cnn` and an `lstm` that left [`UNSEEN_ACTORS`] out. The shipped ones learnt from everybody, so that nothing is left
/// of the corpus to compare them on.
pub fn unseen_models() -> PathBuf {
    repository().join("examples/experiments/models")
}

/// A recording whose emotion is known.
#[derive(Debug, Clone)]
pub struct Clip {
    /// A FLAC file.
    pub audio: Arc<[u8]>,
    /// The emotion that the speaker acted.
    pub truth: String,
    /// Who is heard.
    pub speaker: String,
    /// What a client would say of the stream: `sex` and `intensity`.
    pub labels: BTreeMap<String, String>,
}

/// What became of one stream.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Who spoke.
    pub subject: String,
    /// Which of the servers answered.
    pub server: usize,
    /// The part in an experiment that the server told.
    pub participation: Option<v1::Participation>,
    /// The model that answered, as `name@version`.
    pub model: String,
    /// The final results.
    pub results: Vec<v1::Result>,
    /// What was acted.
    pub truth: String,
}

/// The clips of `speakers` in the corpus, by their index, in its order.
pub fn clips(corpus: &Path, speakers: &[&str]) -> anyhow::Result<Vec<Clip>> {
    let index = std::fs::read_to_string(corpus.join("index.csv"))?;
    let mut lines = index.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().context("an index has a head")?;
    let column =
        |name: &str| head.iter().position(|own| *own == name).with_context(|| format!("no column {name}"));
    let (path, of, speaker, emotion) =
        (column("path")?, column("corpus")?, column("speaker")?, column("emotion")?);
    let described = [("sex", column("sex")?), ("intensity", column("intensity")?)];
    let wanted = lines.filter(|line| line[of] == "ravdess" && speakers.contains(&line[speaker]));
    let read = wanted.map(|line| {
        let audio = std::fs::read(corpus.join(line[path])).with_context(|| line[path].to_owned())?;
        let labels = described.iter().map(|(name, place)| ((*name).to_owned(), line[*place].to_owned()));
        let (truth, speaker) = (line[emotion].to_owned(), line[speaker].to_owned());
        anyhow::Ok(Clip { audio: audio.into(), truth, speaker, labels: labels.collect() })
    });
    read.collect()
}

/// Streams a clip faster than real time and gives what came back.
pub async fn speak(
    server: &TestServer,
    clip: &Clip,
    config: v1::RecognitionConfig,
) -> anyhow::Result<(v1::Started, Vec<v1::Result>)> {
    speak_to(server.recognizer().await?, clip, config).await
}

async fn speak_to(
    mut client: RecognizerClient<tonic::transport::Channel>,
    clip: &Clip,
    config: v1::RecognitionConfig,
) -> anyhow::Result<(v1::Started, Vec<v1::Result>)> {
    let audio = Some(v1::AudioFormat { encoding: v1::AudioEncoding::Flac.into(), ..Default::default() });
    let mut asks = vec![crate::ask(Ask::Config(v1::RecognitionConfig { audio, ..config }))];
    for piece in clip.audio.chunks(PIECE_BYTES) {
        asks.push(crate::ask(Ask::Audio(v1::Audio { data: piece.to_vec().into(), sequence: 0 })));
    }
    let mut replies = client.streaming_recognize(tokio_stream::iter(asks)).await?.into_inner();
    let (mut started, mut results) = (None, Vec::new());
    while let Some(reply) = replies.message().await? {
        match reply.message {
            Some(Tell::Started(own)) => started = Some(own),
            Some(Tell::Result(result)) if result.is_final => results.push(result),
            _ => {}
        }
    }
    Ok((started.context("a stream begins with Started")?, results))
}

/// Lets `subjects` people say so many clips each, by turns to the servers, and gives every stream. Each person has the voice of
/// one speaker; voices and clips follow from the numbers of subject and clip. No model is named.
pub async fn crowd(
    servers: &[TestServer],
    clips: &Arc<Vec<Clip>>,
    (subjects, each): (usize, usize),
) -> anyhow::Result<Vec<Heard>> {
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut channels = Vec::new();
    for server in servers {
        channels.push(RecognizerClient::new(server.channel().await?));
    }
    let voices = Arc::new(voices(clips));
    let mut speaking = JoinSet::new();
    for number in 0..subjects * each {
        let (subject, turn) = (number / each, number % each);
        let server = (subject + turn) % servers.len();
        let (client, voices, clips) = (channels[server].clone(), voices.clone(), clips.clone());
        let places = places.clone();
        speaking.spawn(async move {
            let _place = places.acquire().await?;
            let own = &voices[subject % voices.len()];
            // A prime stride: every clip of a voice is said about as often, and by many.
            let clip = &clips[own[(subject / voices.len() * each + turn) * 7919 % own.len()]];
            let subject = format!("person-{subject}");
            let labels = clip.labels.clone().into_iter().collect();
            let config = v1::RecognitionConfig { subject_key: subject.clone(), labels, ..Default::default() };
            let (started, results) = speak_until_heard(&client, clip, config).await?;
            let model = started.model.map(|model| format!("{}@{}", model.name, model.version));
            anyhow::Ok(Heard {
                subject,
                server,
                participation: started.participation,
                model: model.unwrap_or_default(),
                results,
                truth: clip.truth.clone(),
            })
        });
    }
    let mut heard = Vec::with_capacity(subjects * each);
    while let Some(done) = speaking.join_next().await {
        heard.push(done??);
    }
    Ok(heard)
}

/// A client that is refused comes again when it was told to, as an SDK does. Whoever is refused was shown nothing.
async fn speak_until_heard(
    client: &RecognizerClient<tonic::transport::Channel>,
    clip: &Clip,
    config: v1::RecognitionConfig,
) -> anyhow::Result<(v1::Started, Vec<v1::Result>)> {
    loop {
        let refused = match speak_to(client.clone(), clip, config.clone()).await {
            Ok(heard) => return Ok(heard),
            Err(refused) => refused,
        };
        let status = refused.downcast_ref::<tonic::Status>();
        let delay = status.and_then(|status| status.get_details_retry_info()?.retry_delay);
        tokio::time::sleep(delay.ok_or(refused)?).await;
    }
}

/// The places of each speaker's clips.
fn voices(clips: &[Clip]) -> Vec<Vec<usize>> {
    let mut voices: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, clip) in clips.iter().enumerate() {
        voices.entry(&clip.speaker).or_default().push(place);
    }
    voices.into_values().collect()
}

/// The arm of every subject; fails when one had two.
pub fn arms(heard: &[Heard]) -> anyhow::Result<BTreeMap<&str, &str>> {
    let mut arms: BTreeMap<&str, &str> = BTreeMap::new();
    for own in heard {
        let part =
            own.participation.as_ref().with_context(|| format!("{} is in no experiment", own.subject))?;
        let arm = *arms.entry(&own.subject).or_insert(&part.arm);
        if arm != part.arm {
            bail!("{} got {arm} and {}", own.subject, part.arm);
        }
    }
    Ok(arms)
}

/// Tells, about every final result, what was acted: each to the server after the one that answered.
pub async fn tell_truth(servers: &[TestServer], heard: &[Heard]) -> anyhow::Result<usize> {
    let mut told = 0;
    for (place, _) in servers.iter().enumerate() {
        let mut client = FeedbackClient::new(servers[(place + 1) % servers.len()].channel().await?);
        let own = heard.iter().filter(|own| own.server == place);
        let judgements: Vec<v1::Judgement> = own
            .flat_map(|own| own.results.iter().map(|result| judgement(&result.prediction_id, &own.truth)))
            .collect();
        for part in judgements.chunks(CALL) {
            let request = v1::GiveFeedbackRequest { judgements: part.to_vec() };
            told += client.give_feedback(request).await?.into_inner().accepted as usize;
        }
    }
    Ok(told)
}

/// That `label` is right about a prediction.
pub fn judgement(prediction: &str, label: &str) -> v1::Judgement {
    v1::Judgement {
        about: Some(v1::judgement::About::PredictionId(prediction.to_owned())),
        verdict: Some(v1::judgement::Verdict::Label(label.to_owned())),
        source: "what was acted".to_owned(),
        ..Default::default()
    }
}

/// A client of `undertone.v1.Experiments`.
pub async fn experiments(
    server: &TestServer,
) -> anyhow::Result<ExperimentsClient<tonic::transport::Channel>> {
    let client = ExperimentsClient::new(server.channel().await?);
    Ok(client.max_decoding_message_size(usize::MAX))
}

/// Keeps a definition at the first server and starts it; returns when every server knows that it runs.
pub async fn start_experiment(servers: &[TestServer], definition: &str) -> anyhow::Result<()> {
    let mut client = experiments(&servers[0]).await?;
    let (who, why) = ("test".to_owned(), "to see".to_owned());
    let create = v1::CreateExperimentRequest { definition: definition.to_owned(), who, why };
    let created = client.create_experiment(create).await?.into_inner().experiment;
    let name = created.context("what was created is told")?.name;
    change(&servers[0], &name, v1::change_experiment_request::Step::Start(v1::StartStep {})).await?;
    for server in servers {
        wait_for(server, &name, |own| own.state == "running").await?;
    }
    Ok(())
}

/// Takes a step in an experiment's life.
pub async fn change(
    server: &TestServer,
    name: &str,
    step: v1::change_experiment_request::Step,
) -> anyhow::Result<v1::Experiment> {
    let request = v1::ChangeExperimentRequest {
        name: name.to_owned(),
        who: "test".to_owned(),
        why: "to see".to_owned(),
        step: Some(step),
    };
    let changed = experiments(server).await?.change_experiment(request).await?.into_inner();
    changed.experiment.ok_or_else(|| anyhow!("what was changed is told"))
}

/// Returns once a server knows of an experiment that `is` holds of.
pub async fn wait_for(
    server: &TestServer,
    name: &str,
    is: impl Fn(&v1::Experiment) -> bool,
) -> anyhow::Result<v1::Experiment> {
    let mut client = experiments(server).await?;
    loop {
        let listed = client.list_experiments(v1::ListExperimentsRequest {}).await?.into_inner();
        if let Some(own) = listed.experiments.into_iter().find(|own| own.name == name && is(own)) {
            return Ok(own);
        }
    }
}

/// An experiment's report.
pub async fn report(server: &TestServer, name: &str, format: v1::ReportFormat) -> anyhow::Result<String> {
    let request = v1::GetReportRequest { name: name.to_owned(), format: format.into() };
    Ok(experiments(server).await?.get_report(request).await?.into_inner().content)
}

/// Returns once a server holds nothing back from Postgres.
pub async fn shipped(server: &TestServer) -> anyhow::Result<()> {
    loop {
        let (_, body) = server.get("/readyz").await?;
        if body.contains(" 0 records wait") {
            return Ok(());
        }
    }
}
