//! Streams: what they answer, in which order, and that the cut of the audio does not matter.

use super::{assert_same_answer, finals, replies, results};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::sync::LazyLock;
use undertone_audio::AudioLimits;
use undertone_proto::v1;
use undertone_tests::{TestServer, ask, float_bytes, float_config, real_clip, stream_of};
use v1::streaming_recognize_request::Message as Ask;
use v1::streaming_recognize_response::Message as Tell;

/// A real clip twice, with a second of silence between: two utterances.
static SPEECH: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let bytes = std::fs::read(real_clip()).unwrap();
    let clip = undertone_audio::read_all(&bytes, None, AudioLimits::default()).unwrap();
    [clip.as_slice(), &[0.0; 16_000], &clip].concat()
});

fn with_updates(model: &str) -> v1::RecognitionConfig {
    let interim_hop = Some(prost_types::Duration { seconds: 0, nanos: 250_000_000 });
    v1::RecognitionConfig { interim_results: true, interim_hop, ..float_config(model) }
}

#[tokio::test]
async fn both_models_answer_a_stream_from_started_to_ended() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    for model in ["cnn", "lstm"] {
        let asks = stream_of(with_updates(model), &float_bytes(&SPEECH), &[3200]);
        let replies = replies(&mut client, asks).await.unwrap();
        let Some(Tell::Started(started)) = replies.first() else { panic!("{replies:?}") };
        assert_eq!(started.model.as_ref().unwrap().name, model);
        assert_eq!(started.labels.len(), 8);
        let effective = started.effective_config.as_ref().unwrap();
        assert!(effective.endpointing.as_ref().unwrap().hangover.is_some(), "defaults are filled in");
        let Some(Tell::Ended(ended)) = replies.last() else { panic!("{replies:?}") };
        assert_eq!(ended.reason(), v1::ended::Reason::Finished);
        let finals = finals(&replies);
        assert!(finals.len() >= 2, "two clips with a second of silence between them");
        assert_eq!(ended.utterances as usize, finals.len());
        for result in &finals {
            assert!((result.probabilities.iter().map(|p| p.probability).sum::<f32>() - 1.0).abs() < 1e-5);
            assert!(!result.prediction_id.is_empty());
        }
        assert!(results(&replies).len() > finals.len(), "updates were asked for");
    }
}

#[tokio::test]
async fn hysteresis_keeps_the_shown_label_until_the_final_result() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let mut changes = [0, 0];
    for (hysteresis, changes) in [0.0, 1.0].into_iter().zip(&mut changes) {
        let config = v1::RecognitionConfig { hysteresis, ..with_updates("lstm") };
        let replies = replies(&mut client, stream_of(config, &float_bytes(&SPEECH), &[3200])).await.unwrap();
        for pair in results(&replies).windows(2) {
            let goes_on = !pair[1].is_final && pair[0].utterance == pair[1].utterance;
            *changes += usize::from(goes_on && pair[0].shown != pair[1].shown);
            assert!(!pair[1].shown.is_empty());
            if pair[1].is_final || hysteresis == 0.0 {
                assert_eq!(pair[1].shown, pair[1].top);
            }
        }
    }
    assert!(changes[0] > 0, "the model changes its mind in this clip");
    assert_eq!(changes[1], 0);
}

#[tokio::test]
async fn speech_begins_before_its_results_and_ends_before_its_final_one() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let asks = stream_of(with_updates("cnn"), &float_bytes(&SPEECH), &[640]);
    let replies = replies(&mut client, asks).await.unwrap();
    let mut open = false;
    let mut sequence = 0;
    for reply in &replies {
        match reply {
            Tell::SpeechEvent(event) => {
                assert_ne!(open, event.kind() == v1::speech_event::Kind::Begin, "begin and end take turns");
                open = !open;
            }
            Tell::Result(result) => {
                assert_eq!(result.is_final, !open, "updates while speech is open, finals once it has ended");
                assert!(result.sequence > sequence, "sequence numbers grow");
                sequence = result.sequence;
            }
            _ => {}
        }
    }
}

#[test]
fn random_cuts_of_a_real_clip_give_the_results_of_one_message() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start(&[("engine.event_queue", "1024")])).unwrap();
    let mut client = runtime.block_on(server.recognizer()).unwrap();
    let audio = float_bytes(&SPEECH);
    for model in ["cnn", "lstm"] {
        let whole_asks = stream_of(with_updates(model), &audio, &[audio.len()]);
        let whole = results(&runtime.block_on(replies(&mut client, whole_asks)).unwrap());
        let mut runner =
            TestRunner::new(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() });
        runner
            .run(&proptest::collection::vec(1_usize..20_000, 1..60), |pieces| {
                let asks = stream_of(with_updates(model), &audio, &pieces);
                let cut = results(&runtime.block_on(replies(&mut client.clone(), asks)).unwrap());
                prop_assert_eq!(cut.len(), whole.len());
                cut.iter().zip(&whole).for_each(|(cut, whole)| assert_same_answer(cut, whole));
                Ok(())
            })
            .unwrap();
        let request = v1::RecognizeRequest { config: Some(with_updates(model)), audio: audio.clone().into() };
        let response = runtime.block_on(client.recognize(request)).unwrap().into_inner();
        let whole_finals: Vec<_> = whole.iter().filter(|result| result.is_final).collect();
        assert_eq!(response.utterances.len(), whole_finals.len());
        for (utterance, streamed) in response.utterances.iter().zip(whole_finals) {
            assert_same_answer(utterance.result.as_ref().unwrap(), streamed);
            assert!(!utterance.updates.is_empty(), "Recognize gives the probabilities over time too");
        }
    }
}

#[tokio::test]
async fn flush_asks_for_an_update_and_end_utterance_for_a_final_result() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let whole_stream = v1::Endpointing { enabled: Some(false), ..v1::Endpointing::default() };
    let config = v1::RecognitionConfig { endpointing: Some(whole_stream), ..float_config("cnn") };
    let control = |action| ask(Ask::Control(v1::Control { action: Some(action) }));
    let mut asks = stream_of(config, &float_bytes(&SPEECH[..32_000]), &[3200]);
    asks.push(control(v1::control::Action::Flush(v1::Flush {})));
    asks.push(control(v1::control::Action::Keepalive(v1::Keepalive {})));
    asks.push(control(v1::control::Action::EndUtterance(v1::EndUtterance {})));
    asks.push(control(v1::control::Action::Finish(v1::Finish {})));
    let results = results(&replies(&mut client, asks).await.unwrap());
    let triggers: Vec<_> = results.iter().map(v1::Result::trigger).collect();
    assert_eq!(triggers, [v1::ResultTrigger::Flush, v1::ResultTrigger::EndUtterance]);
}

#[tokio::test]
async fn a_gap_in_the_sequence_numbers_draws_a_warning() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let audio = |sequence| ask(Ask::Audio(v1::Audio { data: vec![0; 640].into(), sequence }));
    let asks = vec![ask(Ask::Config(float_config("cnn"))), audio(1), audio(2), audio(5)];
    let replies = replies(&mut client, asks).await.unwrap();
    let warnings: Vec<_> = replies.iter().filter(|reply| matches!(reply, Tell::Warning(_))).collect();
    assert_eq!(warnings.len(), 1, "{replies:?}");
}

#[tokio::test]
async fn silence_gives_no_emotion() {
    let server = TestServer::start(&[]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let asks = stream_of(with_updates("cnn"), &float_bytes(&[0.0; 48_000]), &[3200]);
    let replies = replies(&mut client, asks).await.unwrap();
    assert!(results(&replies).is_empty());
    let Some(Tell::Ended(ended)) = replies.last() else { panic!("{replies:?}") };
    assert_eq!(ended.audio_duration, Some(prost_types::Duration { seconds: 3, nanos: 0 }));
}

#[tokio::test]
async fn an_idle_stream_ends_with_its_reason() {
    let server = TestServer::start(&[("recognition.idle_timeout", "200ms")]).await.unwrap();
    let mut client = server.recognizer().await.unwrap();
    let (asks, receiver) = tokio::sync::mpsc::channel(4);
    asks.send(ask(Ask::Config(float_config("cnn")))).await.unwrap();
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut replies = client.streaming_recognize(stream).await.unwrap().into_inner();
    let mut last = None;
    while let Some(reply) = replies.message().await.unwrap() {
        last = reply.message;
    }
    let Some(Tell::Ended(ended)) = last else { panic!("{last:?}") };
    assert_eq!(ended.reason(), v1::ended::Reason::IdleTimeout);
}
