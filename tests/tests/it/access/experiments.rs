//! Experiments, subjects and feedback of other tenants are not there.

use super::{Line, guarded, line, new_key, recognizer, until};
use serde_json::{Value, json};
use tonic::{Code, Status};
use undertone_proto::v1;
use undertone_proto::v1::experiments_client::ExperimentsClient;
use undertone_proto::v1::feedback_client::FeedbackClient;
use undertone_tests::{TestServer, shipped_clip};
use v1::change_experiment_request::Step;

const SCOPES: [&str; 2] = ["--scopes", "recognize,feedback,analytics,admin"];

/// A tenant with a key for everything.
struct Tenant {
    key: String,
    line: Line,
}

impl Tenant {
    async fn new(server: &TestServer, name: &str) -> Self {
        let key = new_key(server.data_dir(), &[&["--tenant", name], SCOPES.as_slice()].concat());
        until(server, &key, Code::Ok).await;
        Self { line: line(server, Some(&key)).await, key }
    }

    fn experiments(&self) -> ExperimentsClient<Line> {
        ExperimentsClient::new(self.line.clone())
    }

    /// Has an experiment "trial" with so much of the units for `lstm`, and starts it.
    async fn runs(&self, lstm: f64) {
        let definition = json!({
            "name": "trial",
            "control": "cnn",
            "arms": [
                { "name": "cnn", "model": "cnn", "weight": 100.0 - lstm },
                { "name": "lstm", "model": "lstm", "weight": lstm },
            ],
            "metrics": [{ "metric": "accuracy" }],
            "planned_units": 100,
        });
        let (who, why) = ("ann".to_owned(), "to see".to_owned());
        let request = v1::CreateExperimentRequest { definition: definition.to_string(), who, why };
        self.experiments().create_experiment(request).await.unwrap();
        self.change(Step::Start(v1::StartStep {})).await.unwrap();
    }

    async fn change(&self, step: Step) -> Result<v1::Experiment, Status> {
        let request = v1::ChangeExperimentRequest {
            name: "trial".to_owned(),
            who: "ann".to_owned(),
            why: "to see".to_owned(),
            step: Some(step),
        };
        let changed = self.experiments().change_experiment(request).await?;
        Ok(changed.into_inner().experiment.unwrap())
    }

    async fn assigned(&self, key: &str) -> Result<String, Status> {
        let request =
            v1::AssignRequest { name: "trial".to_owned(), key: key.to_owned(), ..Default::default() };
        Ok(self.experiments().assign(request).await?.into_inner().arm)
    }

    async fn report(&self) -> Result<Value, Status> {
        let format = v1::ReportFormat::Json.into();
        let request = v1::GetReportRequest { name: "trial".to_owned(), format };
        let told = self.experiments().get_report(request).await?.into_inner().content;
        Ok(serde_json::from_str(&told).unwrap())
    }

    async fn says(
        &self,
        server: &TestServer,
        config: v1::RecognitionConfig,
    ) -> Result<v1::RecognizeResponse, Status> {
        let audio = std::fs::read(shipped_clip()).unwrap().into();
        let request = v1::RecognizeRequest { config: Some(config), audio };
        let answer = recognizer(server, &self.key).await.recognize(request).await?;
        Ok(answer.into_inner())
    }

    async fn judges(&self, judgements: Vec<v1::Judgement>) -> v1::GiveFeedbackResponse {
        let request = v1::GiveFeedbackRequest { judgements };
        FeedbackClient::new(self.line.clone()).give_feedback(request).await.unwrap().into_inner()
    }
}

fn subject(key: &str) -> v1::RecognitionConfig {
    v1::RecognitionConfig { subject_key: key.to_owned(), ..Default::default() }
}

/// What each method of the service says to a tenant about an experiment of another one. A method that is missing here fails
/// the test.
async fn asked(tenant: &Tenant, method: &str) -> Code {
    let name = || "trial".to_owned();
    let mut client = tenant.experiments();
    let status = match method {
        "ChangeExperiment" => {
            let promote = Step::Promote(v1::PromoteStep { arm: "lstm".to_owned() });
            let ramp = Step::Ramp(v1::RampStep { weights: [("lstm".to_owned(), 100.0)].into() });
            let (pause, archive) = (Step::Pause(v1::PauseStep {}), Step::Archive(v1::ArchiveStep {}));
            let steps =
                [Step::Start(v1::StartStep {}), ramp, pause, Step::Stop(v1::StopStep {}), promote, archive];
            let mut codes = Vec::new();
            for step in steps {
                codes.push(tenant.change(step).await.unwrap_err().code());
            }
            codes.dedup();
            assert_eq!(codes.len(), 1, "every step is answered alike: {codes:?}");
            return codes[0];
        }
        "GetExperiment" => client.get_experiment(v1::GetExperimentRequest { name: name() }).await.err(),
        "Assign" => tenant.assigned("person-1").await.err(),
        "GetReport" => tenant.report().await.err(),
        // They name none that is there already.
        "CreateExperiment" => return Code::NotFound,
        "ListExperiments" => {
            let listed = client.list_experiments(v1::ListExperimentsRequest {}).await.unwrap().into_inner();
            assert!(listed.experiments.is_empty(), "{listed:?}");
            return Code::NotFound;
        }
        other => panic!("nobody tried what {other} tells other tenants"),
    };
    status.expect("an experiment of another tenant is not answered").code()
}

fn methods_of(service: &str) -> Vec<String> {
    use prost::Message;
    let set = prost_types::FileDescriptorSet::decode(undertone_proto::DESCRIPTOR_SET).unwrap();
    let services = set.file.into_iter().flat_map(|file| file.service);
    let own = services.filter(|own| own.name() == service).flat_map(|own| own.method);
    own.map(|method| method.name().to_owned()).collect()
}

#[tokio::test]
async fn no_method_tells_a_tenant_of_anothers_experiment_or_changes_it() {
    let server = guarded().await;
    let [ann, ben] = [Tenant::new(&server, "ann").await, Tenant::new(&server, "ben").await];
    ann.runs(50.0).await;
    let methods = methods_of("Experiments");
    assert!(methods.len() >= 6);
    for method in methods {
        assert_eq!(asked(&ben, &method).await, Code::NotFound, "{method}");
    }
    let named = v1::RecognitionConfig { experiment: "trial".to_owned(), ..subject("person-1") };
    let refused = ben.says(&server, named).await.unwrap_err();
    assert!(refused.message().contains("there is no experiment"), "{refused:?}");
    assert_eq!(ben.says(&server, subject("person-1")).await.unwrap().participation, None);
    let own = ann.experiments().get_experiment(v1::GetExperimentRequest { name: "trial".to_owned() }).await;
    let own = own.unwrap().into_inner();
    assert_eq!(
        (own.experiment.unwrap().state.as_str(), own.changes.len()),
        ("running", 2),
        "nothing happened to it"
    );
    let author = format!("ann (key {})", super::id_of(&ann.key));
    assert!(own.changes.iter().all(|change| change.who == author), "{:?}", own.changes);
}

#[tokio::test]
async fn one_name_in_two_tenants_is_two_experiments_and_one_key_two_subjects() {
    let server = guarded().await;
    let [ann, ben] = [Tenant::new(&server, "ann").await, Tenant::new(&server, "ben").await];
    ann.runs(50.0).await;
    ben.runs(50.0).await;
    let mut differ = 0;
    for number in 0..40 {
        let key = format!("person-{number}");
        differ += usize::from(ann.assigned(&key).await.unwrap() != ben.assigned(&key).await.unwrap());
    }
    assert!((5..=35).contains(&differ), "they draw apart: {differ} of 40 differ");
    for tenant in [&ann, &ben, &ben] {
        let answer = tenant.says(&server, subject("person-1")).await.unwrap();
        let arm = answer.participation.unwrap().arm;
        assert_eq!(arm, tenant.assigned("person-1").await.unwrap());
    }
    let units = |report: &Value| {
        let own = &report["checks"]["exposed_units"];
        own["cnn"].as_u64().unwrap() + own["lstm"].as_u64().unwrap()
    };
    let answers = |report: &Value| -> u64 {
        report["arms"].as_array().unwrap().iter().map(|arm| arm["answers"].as_u64().unwrap()).sum()
    };
    // Exposures are written a moment after the answer.
    let [first, second] = loop {
        let told = [ann.report().await.unwrap(), ben.report().await.unwrap()];
        if told.iter().all(|own| units(own) == 1) {
            break told;
        }
    };
    assert_eq!(answers(&second), 2 * answers(&first), "each counts its own answers");
    ben.change(Step::Promote(v1::PromoteStep { arm: "lstm".to_owned() })).await.unwrap();
    assert_eq!(ben.says(&server, subject("person-2")).await.unwrap().model.unwrap().name, "lstm");
    let still = ann.says(&server, subject("person-2")).await.unwrap();
    assert_eq!(still.participation.unwrap().arm, ann.assigned("person-2").await.unwrap());
}

/// How many answers of a tenant's experiment are judged, and how many rows of feedback it has.
async fn judged(tenant: &Tenant) -> (u64, u64) {
    let report = tenant.report().await.unwrap();
    let checks = &report["checks"];
    (checks["judged_answers"].as_u64().unwrap(), checks["feedback_rows"].as_u64().unwrap())
}

#[tokio::test]
async fn no_method_of_feedback_lets_a_tenant_judge_anothers_answer_or_see_that_it_is_there() {
    let server = guarded().await;
    let [ann, ben] = [Tenant::new(&server, "ann").await, Tenant::new(&server, "ben").await];
    ann.runs(50.0).await;
    assert_eq!(methods_of("Feedback"), ["GiveFeedback"], "nobody tried the other methods");
    let answer = ann.says(&server, subject("person-1")).await.unwrap();
    let prediction = answer.utterances[0].result.clone().unwrap().prediction_id;
    let id = "0190163d-8694-739b-aea5-966c26f8ad91".to_owned();
    let about = |about| v1::Judgement { about: Some(about), ..undertone_tests::crowd::judgement("", "sad") };
    let of_answer = about(v1::judgement::About::PredictionId(prediction));
    let all = v1::StreamInterval {
        stream_id: answer.stream_id,
        start: None,
        end: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
    };
    let of_interval = about(v1::judgement::About::Interval(all));
    let with_id = v1::Judgement { id, ..of_answer.clone() };
    let nowhere = undertone_tests::crowd::judgement("0190163d-8694-739b-aea5-966c26f8ad92", "sad");
    for judgement in [of_answer, of_interval, with_id.clone(), nowhere] {
        let taken = ben.judges(vec![judgement]).await;
        assert_eq!((taken.accepted, taken.known), (1, 0), "as about an answer that nobody gave");
        assert_eq!(judged(&ann).await, (0, 0));
    }
    let taken = ann.judges(vec![with_id]).await;
    assert_eq!((taken.accepted, taken.known), (1, 0), "another tenant's identifier takes none away");
    assert_eq!(judged(&ann).await, (1, 1));
}
