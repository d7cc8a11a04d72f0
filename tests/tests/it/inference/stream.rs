//! Many requests over one call.

use super::*;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataValue;
use tonic::{Request, Streaming};

type Answers = Streaming<wire::ModelStreamInferResponse>;

async fn opened(bed: &mut Bed) -> (mpsc::Sender<wire::ModelInferRequest>, Answers) {
    let (asks, receiver) = mpsc::channel(64);
    let answers = bed.client.model_stream_infer(ReceiverStream::new(receiver)).await.unwrap();
    (asks, answers.into_inner())
}

fn named(id: &str, request: wire::ModelInferRequest) -> wire::ModelInferRequest {
    wire::ModelInferRequest { id: id.into(), ..request }
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_requests_and_a_wrong_one_fails_alone() {
    let mut bed = Bed::new(&[]).await;
    let frames = frames_of(&models()[0], &real_speech());
    let expected = bed.infer(about_frames("cnn", &frames)).await.unwrap();
    let (asks, mut answers) = opened(&mut bed).await;
    for place in 0..30 {
        let model = if place % 10 == 3 { "oracle" } else { "cnn" };
        asks.send(named(&place.to_string(), about_frames(model, &frames))).await.unwrap();
    }
    drop(asks);
    for place in 0..30 {
        let told = answers.message().await.unwrap().expect("one answer for each request");
        let answer = told.infer_response.unwrap();
        assert_eq!(answer.id, place.to_string());
        if place % 10 == 3 {
            assert!(
                told.error_message.starts_with(&format!("[request id: {place}] NOT_FOUND")),
                "{}",
                told.error_message
            );
            assert!(answer.outputs.is_empty());
        } else {
            assert_eq!(told.error_message, "");
            assert_close(&output(&answer, "logits").1, &output(&expected, "logits").1);
        }
    }
    assert!(answers.message().await.unwrap().is_none());
    let (_, metrics) = bed.server.get("/metrics").await.unwrap();
    assert!(
        metrics.contains("undertone_rpc_finished_total{code=\"OK\",method=\"ModelStreamInfer\"} 1"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_client_that_wants_errors_as_statuses_gets_the_first_one_so() {
    let mut bed = Bed::new(&[]).await;
    let frames = frames_of(&models()[0], &real_speech());
    let asks = ["cnn", "oracle", "cnn"].map(|model| about_frames(model, &frames));
    let mut request = Request::new(tokio_stream::iter(asks));
    request.metadata_mut().insert("triton_grpc_error", MetadataValue::from_static("true"));
    let mut answers = bed.client.model_stream_infer(request).await.unwrap().into_inner();
    assert_eq!(answers.message().await.unwrap().unwrap().error_message, "");
    assert_eq!(answers.message().await.unwrap_err().code(), Code::NotFound);
    let (_, metrics) = bed.server.get("/metrics").await.unwrap();
    let counted = "undertone_rpc_finished_total{code=\"NOT_FOUND\",method=\"ModelStreamInfer\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
}

#[tokio::test]
async fn a_call_that_waits_for_its_client_ends_when_the_server_shuts_down() {
    let mut bed = Bed::new(&[("shutdown.grace", "600s")]).await;
    let frames = frames_of(&models()[0], &real_speech());
    let (asks, mut answers) = opened(&mut bed).await;
    asks.send(about_frames("cnn", &frames)).await.unwrap();
    answers.message().await.unwrap().unwrap();
    let stopped = tokio::spawn(bed.server.stop());
    let end = answers.message().await.unwrap_err();
    assert_eq!(end.code(), Code::Unavailable, "{end:?}");
    assert!(end.get_error_details().retry_info().is_some());
    drop((asks, answers, bed.client));
    stopped.await.unwrap().unwrap();
}

#[tokio::test]
async fn no_more_requests_than_the_setting_says_are_under_way() {
    let mut bed = Bed::new(&[("grpc.inference_requests", "1")]).await;
    let frames = frames_of(&models()[0], &real_speech());
    let (asks, mut answers) = opened(&mut bed).await;
    for place in 0..8 {
        asks.send(named(&place.to_string(), about_frames("cnn", &frames))).await.unwrap();
    }
    drop(asks);
    let mut told = 0;
    while let Some(answer) = answers.message().await.unwrap() {
        assert_eq!(answer.infer_response.unwrap().id, told.to_string());
        told += 1;
    }
    assert_eq!(told, 8);
}
