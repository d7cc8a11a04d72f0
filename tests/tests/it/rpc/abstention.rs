//! When an answer abstains, and what is plausible in its place.

use crate::variant::Variant;
use undertone_bundle::{Calibration, Conformal};
use undertone_proto::v1;
use undertone_store::JournalReader;
use undertone_tests::{TestServer, shipped_clip};

/// Replaced by the shipped model's.
const ANY_TEMPERATURE: f32 = 1.0;
const SILENT: Calibration = Calibration::of_temperature(ANY_TEMPERATURE);

fn abstaining(below: f32) -> Calibration {
    Calibration { abstain_below: Some(below), ..SILENT }
}

fn with_sets(threshold: f32) -> Calibration {
    Calibration { conformal: Some(Conformal { coverage: 0.9, threshold }), ..SILENT }
}

async fn serve(variant: &Variant, flags: &[(&str, &str)]) -> TestServer {
    let flags: Vec<(&str, &str)> = [("models.dir", variant.dir())].iter().chain(flags).copied().collect();
    TestServer::start(&flags).await.unwrap()
}

/// The final results of the shipped clip.
async fn finals(server: &TestServer) -> Vec<v1::Result> {
    let audio = std::fs::read(shipped_clip()).unwrap().into();
    let config = v1::RecognitionConfig { model: "cnn".into(), ..v1::RecognitionConfig::default() };
    let request = v1::RecognizeRequest { config: Some(config), audio };
    let response = server.recognizer().await.unwrap().recognize(request).await.unwrap().into_inner();
    response.utterances.into_iter().map(|utterance| utterance.result.unwrap()).collect()
}

/// The final results of the shipped clip from a server of its own.
async fn finals_of(calibration: Calibration, flags: &[(&str, &str)]) -> Vec<v1::Result> {
    let variant = Variant::calibrated(calibration);
    finals(&serve(&variant, flags).await).await
}

fn abstained(results: &[v1::Result]) -> Vec<bool> {
    assert!(results.len() > 1, "the clip has several utterances");
    results.iter().map(|result| result.abstained).collect()
}

#[tokio::test]
async fn answers_below_the_bundles_threshold_abstain_and_are_recorded_so() {
    let mut confidences: Vec<f32> =
        finals_of(SILENT, &[]).await.iter().map(|result| result.confidence).collect();
    confidences.sort_by(f32::total_cmp);
    let between = f32::midpoint(confidences[0], confidences[1]);

    let variant = Variant::calibrated(abstaining(between));
    let server = serve(&variant, &[]).await;
    let results = finals(&server).await;
    let expected: Vec<bool> = results.iter().map(|result| result.confidence < between).collect();
    assert_eq!(abstained(&results), expected);
    assert_eq!(expected.iter().filter(|abstained| **abstained).count(), 1, "the least sure answer");

    let journal = JournalReader::open(server.data_dir()).await.unwrap();
    let mut recorded: Vec<bool> =
        journal.recent_predictions(10).await.unwrap().iter().map(|row| row.abstained).collect();
    recorded.reverse();
    assert_eq!(recorded, expected);
}

#[tokio::test]
async fn a_model_without_a_threshold_never_abstains() {
    assert!(!abstained(&finals_of(SILENT, &[]).await).contains(&true));
}

#[tokio::test]
async fn the_servers_setting_goes_before_the_bundles_threshold() {
    assert!(!abstained(&finals_of(abstaining(1.0), &[]).await).contains(&false), "no setting");
    let never = [("recognition.abstain_below", "0")];
    assert!(!abstained(&finals_of(abstaining(1.0), &never).await).contains(&true));
    let always = [("recognition.abstain_below", "1")];
    assert!(!abstained(&finals_of(SILENT, &always).await).contains(&false));
}

#[tokio::test]
async fn plausible_labels_can_be_recomputed_and_begin_with_the_top_one() {
    for threshold in [0.02, 0.3, 0.99] {
        for result in finals_of(with_sets(threshold), &[]).await {
            let mut expected: Vec<&v1::LabelProbability> =
                result.probabilities.iter().filter(|label| label.probability >= threshold).collect();
            expected.sort_by(|a, b| b.probability.total_cmp(&a.probability));
            let mut expected: Vec<&str> = expected.iter().map(|label| label.label.as_str()).collect();
            if expected.is_empty() {
                expected.push(&result.top);
            }
            assert_eq!(result.plausible, expected);
            assert_eq!(result.plausible[0], result.top);
        }
    }
}

#[tokio::test]
async fn fewer_labels_are_plausible_the_surer_the_answer() {
    let by_confidence = |a: &v1::Result, b: &v1::Result| a.confidence.total_cmp(&b.confidence);
    let least_sure = finals_of(SILENT, &[]).await.into_iter().min_by(by_confidence).unwrap();
    let mut probabilities: Vec<f32> =
        least_sure.probabilities.iter().map(|label| label.probability).collect();
    probabilities.sort_by(f32::total_cmp);
    let second = probabilities[probabilities.len() - 2];

    let results = finals_of(with_sets(second), &[]).await;
    let again = results.iter().min_by(|a, b| by_confidence(a, b)).unwrap();
    assert!(again.plausible.len() >= 2, "{again:?}");
    for result in &results {
        // The others share what the top label leaves; the small number is for the rounding of their sum.
        let most = 1 + ((1.0 - result.confidence + 1e-5) / second) as usize;
        assert!(result.plausible.len() <= most, "{result:?}");
    }
}

#[tokio::test]
async fn a_bundle_without_coverage_gives_no_sets() {
    assert!(finals_of(SILENT, &[]).await.iter().all(|result| result.plausible.is_empty()));
}

#[tokio::test]
async fn the_models_service_tells_what_the_bundle_says_about_its_calibration() {
    let variant = Variant::calibrated(Calibration {
        abstain_below: Some(0.4),
        abstain_error: Some(0.2),
        ..with_sets(0.07)
    });
    let server = serve(&variant, &[]).await;
    let mut models = server.models().await.unwrap();
    let request = v1::GetModelRequest { model: "cnn".into() };
    let model = models.get_model(request).await.unwrap().into_inner().model.unwrap();
    let calibration = model.calibration.unwrap();
    assert!(calibration.temperature > 0.0);
    assert_eq!((calibration.abstain_below, calibration.abstain_error), (Some(0.4), Some(0.2)));
    assert_eq!(calibration.conformal, Some(v1::ConformalSets { coverage: 0.9, threshold: 0.07 }));
    let listed = models.list_models(v1::ListModelsRequest {}).await.unwrap().into_inner();
    assert!(listed.models.contains(&model));
}
