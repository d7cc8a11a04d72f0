//! The program as a stranger runs it.

mod files;
mod refusals;
mod rounded;
mod updates;

use crate::variant::Variant;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tokio_stream::wrappers::ReceiverStream;
use undertone_bundle::{Calibration, Conformal};
use undertone_proto::v1::streaming_recognize_request::Message as Ask;
use undertone_tests::{CNN, CNN_VERSION, LSTM, TestServer, ask, float_config, shipped_clip, stage};

fn undertone(arguments: &[&str]) -> Output {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(arguments).env("NO_COLOR", "1").env("ORT_DISABLE_TELEMETRY", "1");
    command.output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// 16 kHz, one channel, 16 bits.
fn wav(samples: &[i16]) -> Vec<u8> {
    let bytes = 2 * samples.len() as u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend([16_000_u32, 32_000].iter().flat_map(|rate| rate.to_le_bytes()));
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(bytes.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}

fn clip() -> String {
    shipped_clip().to_str().unwrap().to_owned()
}

#[test]
fn recognize_prints_a_timeline_without_escape_sequences() {
    let text = printed(&undertone(&["recognize", &clip()]));
    assert!(text.contains(&format!("cnn {CNN_VERSION}")) && text.contains(" s  "), "{text}");
    assert!(!text.contains('\x1b'));
}

#[test]
fn recognize_gives_one_json_object_per_file() {
    let text = printed(&undertone(&["recognize", &clip(), &clip(), "--format", "json", "--model", "lstm"]));
    let objects: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 2);
    for object in objects {
        assert_eq!(object["model"], "lstm");
        let utterances = object["utterances"].as_array().unwrap();
        assert!(!utterances.is_empty());
        for utterance in utterances {
            assert!(utterance["end_s"].as_f64() > utterance["start_s"].as_f64());
            let probabilities = utterance["probabilities"].as_object().unwrap();
            let total: f64 = probabilities.values().map(|p| p.as_f64().unwrap()).sum();
            assert!((total - 1.0).abs() < 1e-4);
            assert_eq!(utterance["prediction_id"], serde_json::Value::Null, "nothing is recorded in process");
        }
    }
}

#[test]
fn a_recording_on_standard_input_is_answered_as_the_file_is() {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(["recognize", "-", "--format", "json"]).env("NO_COLOR", "1");
    command.stdin(std::fs::File::open(shipped_clip()).unwrap());
    let piped: serde_json::Value = serde_json::from_str(&printed(&command.output().unwrap())).unwrap();
    let named = printed(&undertone(&["recognize", &clip(), "--format", "json"]));
    let named: serde_json::Value = serde_json::from_str(&named).unwrap();
    assert_eq!(piped["file"], "(standard input)");
    assert_eq!(piped["utterances"], named["utterances"]);
}

#[test]
fn a_folder_is_answered_in_the_order_of_its_names_however_many_are_heard_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["d.wav", "a.wav", "c.wav", "b.wav"] {
        std::fs::copy(shipped_clip(), folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("e.wav"), "no recording").unwrap();
    let path = folder.path().to_str().unwrap();
    let heard = |jobs: &str| undertone(&["recognize", path, "--format", "csv", "--jobs", jobs]);
    let (one, four) = (heard("1"), heard("4"));
    assert!(!one.status.success() && String::from_utf8_lossy(&one.stderr).contains("e.wav"));
    assert_eq!(String::from_utf8(one.stdout.clone()).unwrap(), String::from_utf8(four.stdout).unwrap());
    let text = String::from_utf8(one.stdout).unwrap();
    let mut files: Vec<_> = text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    files.dedup();
    let names = files.iter().map(|file| Path::new(file).file_name().unwrap().to_str().unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["a.wav", "b.wav", "c.wav", "d.wav"]);
}

#[test]
fn subtitles_say_the_emotion_of_each_utterance_in_a_file_of_each_recording() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let printed_nothing = printed(&undertone(&["recognize", &clip(), "--format", "srt", "--out", out]));
    assert!(printed_nothing.is_empty());
    let stem = shipped_clip().file_stem().unwrap().to_owned();
    let written = std::fs::read_to_string(folder.path().join(stem).with_extension("srt")).unwrap();
    assert_eq!(written, printed(&undertone(&["recognize", &clip(), "--format", "srt"])));
    let utterances = written.matches(" --> ").count();
    let known = printed(&undertone(&["recognize", &clip(), "--format", "json"]));
    let known: serde_json::Value = serde_json::from_str(&known).unwrap();
    assert_eq!(utterances, known["utterances"].as_array().unwrap().len());
    assert!(
        written.starts_with("1\n00:00:0") && written.contains(" %") && written.contains("\n\n2\n"),
        "{written}"
    );
    let two = undertone(&["recognize", &clip(), &clip(), "--format", "vtt"]);
    assert!(!two.status.success() && String::from_utf8_lossy(&two.stderr).contains("--out FOLDER"));
}

#[test]
fn utterances_of_all_recordings_are_rows_of_one_parquet_file_or_of_a_file_each() {
    let folder = tempfile::tempdir().unwrap();
    let whole = undertone(&["recognize", &clip(), &clip(), "--format", "parquet"]);
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    assert!(whole.stdout.starts_with(b"PAR1") && whole.stdout.ends_with(b"PAR1"));
    let out = folder.path().to_str().unwrap();
    assert!(printed(&undertone(&["recognize", &clip(), "--format", "parquet", "--out", out])).is_empty());
    let stem = shipped_clip().file_stem().unwrap().to_owned();
    let written = std::fs::read(folder.path().join(stem).with_extension("parquet")).unwrap();
    assert!(written.starts_with(b"PAR1") && written.ends_with(b"PAR1"));
    assert!(written.len() < whole.stdout.len());
}

#[test]
fn recognize_in_process_and_through_a_server_agree() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start(&[])).unwrap();
    let local = printed(&undertone(&["recognize", &clip(), "--format", "csv"]));
    let remote = printed(&undertone(&["recognize", &clip(), "--format", "csv", "--server", server.url()]));
    let without_ids = |text: &str| -> Vec<Vec<String>> {
        let columns = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
        text.lines()
            .map(|line| {
                let mut columns = columns(line);
                columns.remove(8);
                columns
            })
            .collect()
    };
    assert_eq!(without_ids(&local), without_ids(&remote));
    assert!(local.lines().count() > 1);
}

#[tokio::test]
async fn a_recording_that_a_busy_server_refuses_is_sent_again() {
    let server = TestServer::start(&[("engine.max_streams", "1")]).await.unwrap();
    let (asks, receiver) = tokio::sync::mpsc::channel(1);
    asks.send(ask(Ask::Config(float_config("cnn")))).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let mut replies = client.streaming_recognize(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    replies.message().await.unwrap().expect("Started");
    let url = server.url().to_owned();
    let asking = tokio::task::spawn_blocking(move || {
        undertone(&["recognize", &clip(), "--server", &url, "--format", "json"])
    });
    let refused = "undertone_rpc_finished_total{code=\"RESOURCE_EXHAUSTED\",method=\"Recognize\"}";
    server.until_metrics(|page| page.contains(refused).then_some(())).await;
    drop(asks);
    let answered: serde_json::Value = serde_json::from_str(&printed(&asking.await.unwrap())).unwrap();
    assert!(!answered["utterances"].as_array().unwrap().is_empty());
}

#[test]
fn a_file_that_cannot_be_understood_is_named_and_the_others_are_answered() {
    let output = undertone(&["recognize", file!(), &clip(), "--format", "json"]);
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("cli.rs"), "{errors}");
}

#[test]
fn features_writes_the_frames_of_the_plugin_in_three_forms() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |format: &str| {
        let path = folder.path().join(format);
        let path = path.to_str().unwrap();
        printed(&undertone(&[
            "features",
            &clip(),
            "--recipe",
            "mfcc13-deltas",
            "--format",
            format,
            "-o",
            path,
        ]));
        std::fs::read(path).unwrap()
    };
    let csv = String::from_utf8(write("csv")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&write("json")).unwrap();
    let npy = write("npy");
    let rows = csv.lines().count() - 1;
    assert_eq!(csv.lines().next().unwrap().split(',').count(), 40, "the start, then 39 values");
    assert_eq!(json["frames"].as_array().unwrap().len(), rows);
    let shape = format!("'shape': ({rows}, 39)");
    assert!(npy.windows(shape.len()).any(|window| window == shape.as_bytes()));
}

#[test]
fn models_lists_both_and_shows_a_card() {
    let text = printed(&undertone(&["models"]));
    assert!(text.contains(&format!("{CNN} (default)")) && text.contains(LSTM), "{text}");
    assert!(printed(&undertone(&["models", "lstm"])).contains("RAVDESS"));
    assert!(!undertone(&["models", "oracle"]).status.success());
}

#[test]
fn an_abstained_answer_is_shown_as_unsure_with_what_is_plausible() {
    let variant = Variant::calibrated(Calibration {
        temperature: 1.0,
        abstain_below: Some(1.0),
        abstain_error: Some(0.2),
        conformal: Some(Conformal { coverage: 0.9, threshold: 0.0 }),
    });
    let with_variant =
        |arguments: &[&str]| printed(&undertone(&[arguments, &["--models-dir", variant.dir()]].concat()));

    let text = with_variant(&["recognize", &clip()]);
    let verdicts: Vec<&str> = text.lines().filter(|line| line.contains(" – ")).collect();
    assert!(!verdicts.is_empty(), "{text}");
    assert!(verdicts.iter().all(|line| line.contains("unsure") && line.contains("plausible: ")), "{text}");

    let json: serde_json::Value =
        serde_json::from_str(&with_variant(&["recognize", &clip(), "--format", "json"])).unwrap();
    let utterance = &json["utterances"][0];
    assert_eq!(utterance["abstained"], true);
    assert_eq!(utterance["plausible"].as_array().unwrap().len(), 8, "every label reaches 0");

    let models = with_variant(&["models"]);
    assert!(models.contains("abstains below 100.0 % (at most 20.0 %"), "{models}");
    assert!(models.contains("hold the true one in 90.0 % of utterances"), "{models}");
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_program_quietly() {
    let mut command = Command::new(stage().unwrap().join("bin/undertone"));
    command.args(["models"]).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn config_check_names_all_mistakes_and_accepts_the_documented_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = root.join("config/undertone.toml");
    let good = undertone(&["config", "check", "--config", file.to_str().unwrap()]);
    assert!(printed(&good).contains("valid"));
    let bad = undertone(&["config", "check", "--set", "grpc.listen=here", "--set", "engine.workers=none"]);
    let errors = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(!bad.status.success());
    assert!(errors.contains("grpc.listen") && errors.contains("engine.workers"), "{errors}");
}

#[test]
fn config_check_names_what_a_start_would_refuse() {
    let refused = |words: &[&str]| {
        let mut args = vec!["config", "check", "--show"];
        args.extend(words.iter().flat_map(|word| ["--set", word]));
        let output = undertone(&args);
        assert!(!output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("are valid"));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let ports = ["grpc.listen=0.0.0.0:8151", "http.listen=127.0.0.1:8151"];
    let errors =
        refused(&[&ports[..], &["log.filter=info=what", "tracing.endpoint=https://here:1"]].concat());
    for what in ["want the same port", "log.filter = ", "tracing.endpoint = "] {
        assert!(errors.contains(what), "{what} is missing: {errors}");
    }
    let errors = refused(&["grpc.listen=0.0.0.0:50151", "auth.allow_open=false"]);
    assert!(errors.contains("can be reached from other machines"), "{errors}");
    let errors = refused(&["tls.certificate=gone.pem", "tls.key=gone.pem"]);
    assert!(errors.contains("gone.pem"), "{errors}");
}

#[test]
fn db_migrate_makes_a_journal_and_recent_shows_what_a_server_recorded() {
    let folder = tempfile::TempDir::new().unwrap();
    let data = folder.path().to_str().unwrap();
    assert!(printed(&undertone(&["db", "migrate", "--data-dir", data])).contains("journal.db"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start_in(folder, &[])).unwrap();
    printed(&undertone(&["recognize", &clip(), "--server", server.url()]));
    let data = server.data_dir().to_str().unwrap();
    let recent = printed(&undertone(&["db", "recent", "--data-dir", data]));
    assert!(recent.contains(CNN), "{recent}");
    assert!(printed(&undertone(&["db", "status", "--data-dir", data])).contains("1 streams (0 open)"));
}

#[test]
fn a_table_has_one_width_although_nobody_speaks_in_the_first_recording() {
    let folder = tempfile::tempdir().unwrap();
    let silence = folder.path().join("silence.wav");
    std::fs::write(&silence, wav(&[0; 32_000])).unwrap();
    let silence = silence.to_str().unwrap();
    let table = printed(&undertone(&["recognize", silence, &clip(), "--format", "csv"]));
    let lines: Vec<&str> = table.split_terminator("\r\n").collect();
    let columns = |line: &str| line.split(',').count();
    assert!(lines.len() > 1 && lines[0].starts_with("file,") && lines[0].ends_with(",surprised"), "{table}");
    assert!(lines.iter().all(|line| columns(line) == columns(lines[0]) && !line.contains('\n')), "{table}");
    let empty = printed(&undertone(&["recognize", silence, "--format", "csv"]));
    assert!(empty.starts_with("file,") && empty.lines().count() == 1, "{empty}");
}

#[test]
fn a_recording_that_is_not_heard_to_its_end_says_so_beside_what_was_answered() {
    let arguments =
        ["recognize", &clip(), "--stream", "--format", "json", "--set", "recognition.max_audio=3s"];
    let output = undertone(&arguments);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("only the first 3.0 s were heard"), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["seconds"], 3.0);
    assert!(!report["utterances"].as_array().unwrap().is_empty());
    assert!(report["warnings"][0].as_str().unwrap().contains("max_audio"));
}

#[test]
fn a_stream_goes_on_when_its_server_is_back() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start(&[])).unwrap();
    let arguments = ["recognize", &clip(), "--stream", "--format", "json"];
    let unbroken = printed(&undertone(&arguments));
    let child = Command::new(stage().unwrap().join("bin/undertone"))
        .args(arguments)
        .args(["--server", server.url()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let address = server.url().trim_start_matches("http://").to_owned();
    let heard_something = async || {
        let (_, metrics) = server.get("/metrics").await.unwrap();
        metrics.lines().any(|line| {
            line.strip_prefix("undertone_audio_seconds_total ").is_some_and(|seconds| seconds != "0")
        })
    };
    while !runtime.block_on(heard_something()) {}
    let data = runtime.block_on(server.stop()).unwrap();
    let server = runtime.block_on(TestServer::start_in(data, &[("grpc.listen", &address)])).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    let [broken, resumed] = lines[..] else { panic!("it is told once each: {said}") };
    assert!(broken.contains("trying to go on at") && resumed.ends_with("going on"), "{said}");
    let utterances = |text: &str| {
        let report: serde_json::Value = serde_json::from_str(text).unwrap();
        let tops = report["utterances"].as_array().unwrap().iter().map(|own| own["top"].clone());
        tops.collect::<Vec<_>>()
    };
    assert_eq!(utterances(&String::from_utf8_lossy(&output.stdout)), utterances(&unbroken));
    drop(server);
}
