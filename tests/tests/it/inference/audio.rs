//! Recordings: each is one utterance.

use super::*;
use undertone_proto::v1;
use undertone_store::JournalReader;

/// What `Recognize` says about the whole recording.
async fn recognized(bed: &Bed, audio: Vec<u8>) -> Vec<f32> {
    let whole = v1::Endpointing { enabled: Some(false), ..v1::Endpointing::default() };
    let config = v1::RecognitionConfig { endpointing: Some(whole), ..v1::RecognitionConfig::default() };
    let request = v1::RecognizeRequest { config: Some(config), audio: audio.into() };
    let response = bed.server.recognizer().await.unwrap().recognize(request).await.unwrap().into_inner();
    assert_eq!(response.utterances.len(), 1);
    let result = response.utterances[0].result.clone().unwrap();
    result.probabilities.iter().map(|label| label.probability).collect()
}

fn files(shape: &[i64], files: &[Vec<u8>]) -> InferInputTensor {
    let bytes_contents = files.iter().map(|file| file.clone().into()).collect();
    input("audio", "BYTES", shape, wire::InferTensorContents { bytes_contents, ..Default::default() })
}

#[tokio::test]
async fn a_recording_gets_what_recognize_says_about_all_of_it() {
    let mut bed = Bed::new(&[]).await;
    let clip = std::fs::read(real_clip()).unwrap();
    let expected = recognized(&bed, clip.clone()).await;
    let request = about("cnn", files(&[1], &[clip]));
    for request in [request.clone(), as_raw(request)] {
        let response = bed.infer(request).await.unwrap();
        let (shape, probabilities) = output(&response, "probabilities");
        assert_eq!((shape.as_slice(), response.outputs.len()), ([1, 8].as_slice(), 1));
        assert_close(&probabilities, &expected);
    }
}

#[tokio::test]
async fn several_files_and_a_batch_of_samples_give_a_row_each_and_are_recorded() {
    let mut bed = Bed::new(&[]).await;
    let clip = std::fs::read(real_clip()).unwrap();
    let expected = recognized(&bed, clip.clone()).await;
    let response = bed.infer(about("cnn", files(&[2, 1], &[clip.clone(), clip]))).await.unwrap();
    assert_eq!(output(&response, "probabilities").0, [2, 8]);

    let speech = real_speech();
    let batch = [speech.as_slice(), speech.as_slice()].concat();
    let mut samples = input("audio", "FP32", &[2, speech.len() as i64], floats(&batch));
    samples.parameters.insert("sample_rate".into(), number(16_000));
    let response = bed.infer(as_raw(about("cnn", samples))).await.unwrap();
    for row in output(&response, "probabilities").1.chunks(8) {
        assert_close(row, &expected);
    }
    let journal = JournalReader::open(bed.server.data_dir()).await.unwrap();
    assert_eq!(journal.recent_predictions(10).await.unwrap().len(), 5);
}

#[tokio::test]
async fn samples_take_their_rate_from_the_request_where_the_tensor_states_none() {
    let mut bed = Bed::new(&[]).await;
    let speech = real_speech();
    let mut request = about("cnn", input("audio", "FP32", &[speech.len() as i64], floats(&speech)));
    request.parameters.insert("sample_rate".into(), number(16_000));
    let at_16 = output(&bed.infer(request.clone()).await.unwrap(), "probabilities");
    assert_eq!(at_16.0, [1, 8]);
    // The tensor's own goes before the request's.
    request.inputs[0].parameters.insert("sample_rate".into(), number(8_000));
    let at_8 = output(&bed.infer(request).await.unwrap(), "probabilities");
    assert_ne!(at_16.1, at_8.1);
}

#[tokio::test]
async fn a_recording_that_cannot_be_one_utterance_is_named_with_its_place() {
    let mut bed = Bed::new(&[]).await;
    let clip = std::fs::read(real_clip()).unwrap();
    let text = b"Dear diary".to_vec();
    let status = bed.infer(about("cnn", files(&[2], &[clip, text]))).await.unwrap_err();
    assert_invalid(&status, "inputs.audio[1]", "neither WAV, FLAC nor Ogg Opus");
    let journal = JournalReader::open(bed.server.data_dir()).await.unwrap();
    assert!(journal.recent_predictions(10).await.unwrap().is_empty(), "nothing of the request was worked on");

    let samples = |length: usize, value: f32| {
        let mut request =
            about("cnn", input("audio", "FP32", &[length as i64], floats(&vec![value; length])));
        request.parameters.insert("sample_rate".into(), number(8_000));
        as_raw(request)
    };
    let status = bed.infer(samples(100, 0.1)).await.unwrap_err();
    assert_invalid(&status, "inputs.audio[0]", "too short: the model takes 16 frames");
    let status = bed.infer(samples(100, f32::NAN)).await.unwrap_err();
    assert_invalid(&status, "inputs.audio[0]", "not a number");
    let status = bed.infer(samples(301 * 8_000, 0.1)).await.unwrap_err();
    assert_invalid(&status, "inputs.audio[0]", "longer than the limit of 299");
}
