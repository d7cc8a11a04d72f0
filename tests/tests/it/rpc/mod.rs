//! Calls over real gRPC, on a real server with the shipped models.

mod abstention;
mod analytics;
mod bad_input;
mod drift;
mod golden;
mod leaving;
mod limits;
mod models;
mod operating;
mod resuming;
mod streaming;
mod web;

use undertone_proto::v1;

/// Sends `asks` at once and gives every reply, or the status that ended the stream.
async fn replies(
    client: &mut v1::recognizer_client::RecognizerClient<tonic::transport::Channel>,
    asks: Vec<v1::StreamingRecognizeRequest>,
) -> Result<Vec<v1::streaming_recognize_response::Message>, tonic::Status> {
    let mut replies = client.streaming_recognize(tokio_stream::iter(asks)).await?.into_inner();
    let mut all = Vec::new();
    while let Some(reply) = replies.message().await? {
        all.extend(reply.message);
    }
    Ok(all)
}

/// The final results among `replies`.
fn finals(replies: &[v1::streaming_recognize_response::Message]) -> Vec<v1::Result> {
    results(replies).into_iter().filter(|result| result.is_final).collect()
}

fn results(replies: &[v1::streaming_recognize_response::Message]) -> Vec<v1::Result> {
    let result = |reply: &v1::streaming_recognize_response::Message| match reply {
        v1::streaming_recognize_response::Message::Result(result) => Some(result.clone()),
        _ => None,
    };
    replies.iter().filter_map(result).collect()
}

/// Asserts that two answers are about the same audio and differ by at most 1e-4.
fn assert_same_answer(left: &v1::Result, right: &v1::Result) {
    assert_eq!((&left.start, &left.end, left.is_final), (&right.start, &right.end, right.is_final));
    for (a, b) in left.probabilities.iter().zip(&right.probabilities) {
        assert_eq!(a.label, b.label);
        assert!((a.probability - b.probability).abs() <= 1e-4, "{a:?} {b:?}");
    }
}
