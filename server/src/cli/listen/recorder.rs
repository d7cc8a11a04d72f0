//! Where the audio comes from: a program that records, or standard input.

use anyhow::{Context, bail};
use bytes::{Bytes, BytesMut};
use std::io::{self, Read};
use std::process::Stdio;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use undertone_client::{Source, raw};
use undertone_proto::v1;

/// Chunks that wait to be sent; then the recorder waits, and drops what it cannot hold.
const CHUNK_QUEUE: usize = 16;
/// Bytes of standard input that wait to be cut; then its thread waits.
const PIPE_BYTES: usize = 16 * 1024;
const CHUNKS_PER_SECOND: u32 = 10;
const SAMPLE_BYTES: u32 = 2;

/// Where the audio comes from: 16-bit samples, one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Recorder {
    StandardInput,
    /// A program and its arguments.
    Program(&'static str, Vec<String>),
    /// For the shell.
    Command(String),
}

/// Audio is being taken.
#[derive(Debug)]
pub(super) struct Taking {
    stopped: CancellationToken,
    recorder: Option<Child>,
    reading: JoinHandle<()>,
}

impl Recorder {
    /// A program of this machine that records.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn found(rate: u32, device: Option<&str>) -> anyhow::Result<Self> {
        let known = known(rate, device);
        let found = known.into_iter().find(|(program, _)| is_there(program));
        let (program, arguments) = found.context(
            "no program that records was found: install alsa-utils (arecord), pulseaudio-utils (parec) or pipewire \
             (pw-record), or give --command, or --stdin",
        )?;
        Ok(Self::Program(program, arguments))
    }

    /// Begins to record at so many samples per second.
    pub(super) fn start(self, rate: u32) -> anyhow::Result<(Source, Taking)> {
        let mut command = match self {
            Self::StandardInput => return Ok(take(standard_input(), None, rate)),
            Self::Program(program, arguments) => {
                let mut command = Command::new(program);
                command.args(arguments);
                command
            }
            Self::Command(line) => {
                let mut command = Command::new("sh");
                command.args(["-c", &line]);
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("the recorder cannot be started")?;
        let output = child.stdout.take().context("its output is a pipe")?;
        Ok(take(output, Some(child), rate))
    }
}

impl Taking {
    /// Takes no more.
    pub(super) fn stop(&self) {
        self.stopped.cancel();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.is_cancelled()
    }

    /// Waits for the recorder's end.
    ///
    /// # Errors
    /// When it failed by itself.
    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        let by_itself = !self.is_stopped();
        self.stop();
        self.reading.await.context("the reader was lost")?;
        let Some(recorder) = &mut self.recorder else { return Ok(()) };
        if !by_itself {
            // It may be over already.
            let _ = recorder.start_kill();
        }
        let status = recorder.wait().await.context("the recorder's end cannot be seen")?;
        if by_itself && !status.success() {
            bail!("the recorder ended with {status}");
        }
        Ok(())
    }
}

fn take(
    audio: impl AsyncRead + Send + Unpin + 'static,
    recorder: Option<Child>,
    rate: u32,
) -> (Source, Taking) {
    let stopped = CancellationToken::new();
    let (chunks, receiver) = mpsc::channel(CHUNK_QUEUE);
    let size = (rate.div_ceil(CHUNKS_PER_SECOND) * SAMPLE_BYTES) as usize;
    let reading = tokio::spawn(read(audio, size, chunks, stopped.clone()));
    let format = raw(v1::AudioEncoding::Linear16, rate);
    (Source::new(format, ReceiverStream::new(receiver)), Taking { stopped, recorder, reading })
}

/// Standard input, read by a thread of its own: it may wait for ever, and nobody has to wait for it.
fn standard_input() -> DuplexStream {
    let (ours, mut theirs) = tokio::io::duplex(PIPE_BYTES);
    let runtime = Handle::current();
    std::thread::spawn(move || {
        let mut piece = vec![0; PIPE_BYTES];
        // What cannot be read any more is the end of it.
        while let Ok(count @ 1..) = io::stdin().lock().read(&mut piece) {
            if runtime.block_on(theirs.write_all(&piece[..count])).is_err() {
                return;
            }
        }
    });
    ours
}

/// Brings what is there, at most `size` bytes at a time, until there is no more or nobody wants it.
async fn read(
    mut audio: impl AsyncRead + Unpin,
    size: usize,
    chunks: mpsc::Sender<io::Result<Bytes>>,
    stopped: CancellationToken,
) {
    loop {
        let mut chunk = BytesMut::with_capacity(size);
        let got = tokio::select! {
            got = audio.read_buf(&mut chunk) => got,
            () = stopped.cancelled() => return,
        };
        let chunk = match got {
            Ok(0) => return,
            Ok(_) => Ok(chunk.freeze()),
            Err(error) => Err(error),
        };
        let failed = chunk.is_err();
        if chunks.send(chunk).await.is_err() || failed {
            return;
        }
    }
}

/// Programs that record, and how each is told to.
fn known(rate: u32, device: Option<&str>) -> [(&'static str, Vec<String>); 3] {
    let with = |fixed: &[&str], rate_flag: String, device: Option<String>, last: &[&str]| {
        let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        [own(fixed), vec![rate_flag], device.into_iter().collect(), own(last)].concat()
    };
    let named = |flag: &str| device.map(|device| format!("{flag}={device}"));
    [
        (
            "arecord",
            with(
                &["-q", "-t", "raw", "-f", "S16_LE", "-c", "1"],
                format!("--rate={rate}"),
                named("--device"),
                &["-"],
            ),
        ),
        (
            "parec",
            with(
                &["--raw", "--format=s16le", "--channels=1"],
                format!("--rate={rate}"),
                named("--device"),
                &[],
            ),
        ),
        (
            "pw-record",
            with(
                &["--raw", "--format=s16", "--channels=1"],
                format!("--rate={rate}"),
                named("--target"),
                &["-"],
            ),
        ),
    ]
}

fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_recorder_is_told_rate_and_microphone() {
        for (program, arguments) in known(44_100, Some("desk")) {
            let line = arguments.join(" ");
            assert!(line.contains("44100") && line.contains("=desk"), "{program} {line}");
        }
        for (program, arguments) in known(16_000, None) {
            assert!(
                !arguments.iter().any(|own| own.contains("device") || own.contains("target")),
                "{program}"
            );
        }
    }

    #[tokio::test]
    async fn a_recorder_that_fails_is_told() {
        let (_source, taking) = Recorder::Command("exit 3".into()).start(16_000).unwrap();
        let said = taking.end().await.unwrap_err().to_string();
        assert!(said.contains("exit status: 3"), "{said}");
    }

    #[tokio::test]
    async fn a_recorder_that_is_stopped_has_not_failed() {
        let (_source, taking) = Recorder::Command("exec sleep 600".into()).start(16_000).unwrap();
        taking.stop();
        taking.end().await.unwrap();
    }

    #[tokio::test]
    async fn all_that_is_recorded_comes() {
        let (chunks, mut receiver) = mpsc::channel(CHUNK_QUEUE);
        let audio = vec![7_u8; 10_000];
        let reading =
            tokio::spawn(read(io::Cursor::new(audio.clone()), 3_200, chunks, CancellationToken::new()));
        let mut found = Vec::new();
        while let Some(chunk) = receiver.recv().await {
            found.extend_from_slice(&chunk.unwrap());
        }
        reading.await.unwrap();
        assert_eq!(found, audio);
    }
}
