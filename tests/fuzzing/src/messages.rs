//! Messages of streams, in the wire format of Protocol Buffers.

use crate::Target;
use prost::Message;
use undertone_proto::{inference, v1};
use v1::streaming_recognize_request::Message as Ask;

/// What is understood must be written as it will be understood again.
pub(crate) const TARGET: Target = Target { name: "messages", run, corpus, is_understood };

fn run(data: &[u8]) {
    read::<v1::StreamingRecognizeRequest>(data);
    read::<v1::RecognizeRequest>(data);
    read::<v1::StreamingRecognizeResponse>(data);
    read::<inference::ModelInferRequest>(data);
}

fn read<M: Message + Default>(data: &[u8]) {
    let Ok(message) = M::decode(data) else { return };
    let written = message.encode_to_vec();
    let again = M::decode(written.as_slice()).expect("what was written can be read");
    assert_eq!(again.encode_to_vec(), written);
}

fn is_understood(data: &[u8]) -> bool {
    v1::StreamingRecognizeRequest::decode(data).is_ok_and(|message| message.message.is_some())
}

fn corpus() -> Vec<Vec<u8>> {
    let config = v1::RecognitionConfig {
        model: "cnn@1.0.0".into(),
        interim_results: true,
        labels: [("call".to_owned(), "7".to_owned())].into(),
        hysteresis: 0.25,
        subject_key: "somebody".into(),
        ..v1::RecognitionConfig::default()
    };
    let asks = [Ask::Config(config), Ask::Audio(v1::Audio { data: vec![1, 2, 3, 4].into(), sequence: 7 })];
    asks.map(|ask| v1::StreamingRecognizeRequest { message: Some(ask) }.encode_to_vec()).into()
}
