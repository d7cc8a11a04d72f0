//! Clients of a plugin that fails: those who go on, and the one who has it fail.

use std::sync::Arc;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use undertone_audio::AudioLimits;
use undertone_proto::v1;
use undertone_proto::v1::recognizer_client::RecognizerClient;
use undertone_tests::{PersistentStream, TestServer, float_bytes, real_clip, stream_of};

/// What the whole stream says.
pub(super) struct Audio {
    clip: Vec<f32>,
    pub(super) bytes: Vec<u8>,
    /// How often the clip comes; each holds an utterance or more.
    pub(super) clips: usize,
}

impl Audio {
    /// A real clip so many times. It is quiet enough to be no command.
    pub(super) fn of_clips(times: usize) -> Self {
        let bytes = std::fs::read(real_clip()).unwrap();
        let clip = undertone_audio::read_all(&bytes, None, AudioLimits::default()).unwrap();
        let peak = clip.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let clip: Vec<f32> = clip.iter().map(|sample| sample * 0.5 / peak).collect();
        let bytes = float_bytes(&[clip.clone(), vec![0.0; 24_000]].concat().repeat(times));
        Self { clip, bytes, clips: times }
    }

    /// The clip with the command in its middle: a tenth of a second of full scale.
    fn command(&self) -> Vec<u8> {
        let mut clip = self.clip.clone();
        let middle = clip.len() / 2;
        clip[middle..middle + 1600].fill(1.0);
        float_bytes(&clip)
    }
}

/// How a stream broke.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) delay: Option<Duration>,
}

impl Broken {
    fn of(status: &Status) -> Self {
        let delay = status.get_details_retry_info().and_then(|retry| retry.retry_delay);
        Self { code: status.code(), message: status.message().to_owned(), delay }
    }
}

/// Brings a stream to its end; where it breaks it goes on as late as it was told.
pub(super) async fn go_through(
    url: String,
    audio: Arc<Audio>,
    mut stream: PersistentStream,
) -> (PersistentStream, Vec<Broken>) {
    let mut client = RecognizerClient::connect(url).await.unwrap();
    let mut broken = Vec::new();
    loop {
        match stream.go_on(&mut client, &audio.bytes).await {
            Ok(heard_all) => {
                assert!(heard_all);
                return (stream, broken);
            }
            Err(status) => {
                let own = Broken::of(&status);
                let delay = own.delay.unwrap_or_else(|| panic!("it says no time to wait: {status}"));
                tokio::time::sleep(delay).await;
                broken.push(own);
            }
        }
    }
}

/// Has the plugin fail; how the stream broke that asked for it. One that
/// found the plugin gone, or no room, asks again.
pub(super) async fn command(server: &TestServer, audio: &Audio, config: v1::RecognitionConfig) -> Broken {
    let mut client = server.recognizer().await.unwrap();
    loop {
        let asks = tokio_stream::iter(stream_of(config.clone(), &audio.command(), &[6400]));
        let broken = match client.streaming_recognize(asks).await {
            Err(status) => Broken::of(&status),
            Ok(replies) => {
                let mut replies = replies.into_inner();
                loop {
                    match replies.message().await {
                        Ok(Some(_)) => {}
                        Ok(None) => panic!("the plugin took the command for speech"),
                        Err(status) => break Broken::of(&status),
                    }
                }
            }
        };
        let is_late = broken.message.contains("on its way") || broken.code == Code::ResourceExhausted;
        if !is_late {
            return broken;
        }
        tokio::time::sleep(broken.delay.unwrap_or_default()).await;
    }
}

/// The same utterances with the same answers.
pub(super) fn assert_same(one: &[v1::Result], other: &[v1::Result], tolerance: f32) {
    let numbers = |finals: &[v1::Result]| finals.iter().map(|own| own.utterance).collect::<Vec<_>>();
    assert_eq!(numbers(one), numbers(other));
    for (left, right) in one.iter().zip(other) {
        let pairs = left.probabilities.iter().zip(&right.probabilities);
        for (left, right) in pairs {
            assert!((left.probability - right.probability).abs() <= tolerance, "{left:?} {right:?}");
        }
    }
}

pub(super) async fn metric(server: &TestServer, line: &str) -> f64 {
    let (_, metrics) = server.get("/metrics").await.unwrap();
    let value = metrics.lines().find_map(|own| own.strip_prefix(line)?.trim().parse().ok());
    value.unwrap_or(0.0)
}
