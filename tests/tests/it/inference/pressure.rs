//! Limits and deadlines.

use super::*;
use tokio::task::JoinSet;

/// A request about many frames, that takes its time.
fn long() -> wire::ModelInferRequest {
    as_raw(about("cnn", input("features", "FP32", &[1, 3000, 64], floats(&[0.5; 3000 * 64]))))
}

#[tokio::test]
async fn more_than_may_wait_is_refused_with_a_delay_and_the_rest_is_answered() {
    let mut bed = Bed::new(&[("engine.inference_buffer_bytes", "1048576")]).await;
    let refused = loop {
        let mut calls = JoinSet::new();
        for _ in 0..8 {
            let mut client = bed.client.clone();
            calls.spawn(async move { client.model_infer(long()).await.map(|_| ()) });
        }
        let answered = calls.join_all().await;
        assert!(answered.iter().any(Result::is_ok), "those that found room are answered");
        if let Some(refused) = answered.into_iter().find_map(Result::err) {
            break refused;
        }
    };
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    assert!(refused.get_error_details().retry_info().unwrap().retry_delay.is_some());
    assert!(refused.message().contains("1048576"), "{refused:?}");
    bed.infer(long()).await.unwrap();
}

#[tokio::test]
async fn a_request_that_alone_is_more_than_may_wait_names_the_limit() {
    let mut bed = Bed::new(&[("engine.inference_buffer_bytes", "1048576")]).await;
    let values = vec![0.5; 5000 * 64];
    let request = as_raw(about("cnn", input("features", "FP32", &[1, 5000, 64], floats(&values))));
    let status = bed.infer(request).await.unwrap_err();
    assert_invalid(&status, "inputs.features", "1048576 are the most");
}

#[tokio::test]
async fn an_oversized_message_is_refused_and_the_server_goes_on() {
    let mut bed = Bed::new(&[("grpc.max_message_bytes", "65536")]).await;
    let status = bed.infer(long()).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
    let frames = floats(&[0.5; 20 * 64]);
    bed.infer(about("cnn", input("features", "FP32", &[1, 20, 64], frames))).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_comes_too_late_for_the_request_is_not_made() {
    let mut bed = Bed::new(&[]).await;
    let mut request = long();
    request.parameters.insert("timeout".into(), number(1));
    let status = bed.infer(request.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    request.parameters.insert("timeout".into(), number(0));
    bed.infer(request).await.unwrap();
}
