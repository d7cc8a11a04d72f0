//! Streams a recording, and takes the stream up again when it breaks off.

use super::listener::{Break, Listener};
use super::pacing::{Pace, Recording};
use crate::cli::recognizer::Recognizer;
use crate::report::FileReport;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use undertone_audio::AudioLimits;
use undertone_proto::v1;

/// Messages that wait for the transport; then sending waits.
const ASK_QUEUE: usize = 4;
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// How a stream is sent and shown.
pub(super) struct Showing {
    /// The recording's name.
    pub(super) name: String,
    pub(super) pace: Pace,
    /// Whether updates are shown as they come.
    pub(super) watch: bool,
}

/// Streams the recording in `bytes`.
pub(super) async fn stream(
    recognizer: &Recognizer,
    config: v1::RecognitionConfig,
    bytes: &[u8],
    showing: Showing,
) -> anyhow::Result<FileReport> {
    let samples = undertone_audio::read_all(bytes, None, AudioLimits::default())?;
    let recording = Recording { samples, pace: showing.pace, begun: Instant::now() };
    let audio = Some(Recording::format());
    let mut config = v1::RecognitionConfig { audio, resumable: true, ..config };
    let mut listener = Listener::new(showing.name, showing.watch);
    let mut patience = Patience::default();
    loop {
        let heard_before = listener.next_byte();
        let Err(broken) = call(recognizer, &config, &recording, &mut listener).await else {
            return Ok(listener.into_report());
        };
        if listener.next_byte() > heard_before {
            patience = Patience::default();
        }
        match listener.taken_up().filter(|_| broken.may_pass()) {
            Some(next) if patience.wait(listener.resume_within()).await => {
                eprintln!("undertone: {broken}; going on at {:.1} s", listener.next_seconds());
                config = next;
            }
            _ => return Err(broken.into_error()),
        }
    }
}

async fn call(
    recognizer: &Recognizer,
    config: &v1::RecognitionConfig,
    recording: &Recording,
    listener: &mut Listener,
) -> Result<(), Break> {
    let (asks, receiver) = mpsc::channel(ASK_QUEUE);
    let sending = recording.send(asks, config.clone(), listener.next_byte());
    let listening = async {
        let replies = recognizer.stream(ReceiverStream::new(receiver)).await?;
        listener.listen(replies).await
    };
    tokio::pin!(listening);
    tokio::select! {
        heard = &mut listening => heard,
        () = sending => listening.await,
    }
}

/// How long a client goes on trying, and how long it waits in between.
struct Patience {
    since: Instant,
    delay: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { since: Instant::now(), delay: FIRST_DELAY }
    }
}

impl Patience {
    /// Waits before the next try; false when a token would be too old by then.
    async fn wait(&mut self, within: Duration) -> bool {
        if self.since.elapsed() + self.delay > within {
            return false;
        }
        tokio::time::sleep(self.delay).await;
        self.delay = (self.delay * 2).min(LONGEST_DELAY);
        true
    }
}
