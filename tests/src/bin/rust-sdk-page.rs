//! The examples of `docs/sdk-rust.md`, in their order and as they stand there: a test compares them, and runs this program beside
//! a recording. Argument: the address of a server.
#![forbid(unsafe_code)]

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_default();

    use undertone_client::{Client, Connection, Options, Recording};

    let client = Client::connect(Connection::new(address)).await?; // as http://127.0.0.1:50151
    let answer = client.recognize("talk.wav", &Options::default()).await?;
    for result in answer.utterances.iter().filter_map(|utterance| utterance.result.as_ref()) {
        let said = if result.abstained { "unsure" } else { &result.top };
        println!("{said}, {:.0} %", result.confidence * 100.0);
    }

    let tone = vec![0.0_f32; 16_000];
    let options = Options { model: "cnn".into(), interim: true, ..Options::default() };
    let answer = client.recognize(Recording::samples(&tone, 16_000), &options).await?;
    assert!(answer.utterances.is_empty(), "nobody speaks");

    use undertone_client::{Event, Source};

    let source = Source::recording("talk.wav").await?.in_real_time();
    let mut events = client.stream(source, &Options { interim: true, ..Options::default() }.into());
    while let Some(event) = events.next().await {
        match event? {
            Event::Interim(result) => println!("so far {}", result.shown),
            Event::Final(result) => println!("{} from {:?}", result.top, result.start),
            Event::Ended(ended) => println!("{} utterances", ended.utterances),
            _ => {}
        }
    }

    use undertone_client::v1;

    for model in client.list_models(v1::ListModelsRequest {}).await?.models {
        println!("{} {:.2}", model.description, model.unweighted_average_recall);
    }
    let emotions = client.query_emotions(v1::QueryEmotionsRequest::default()).await?;
    println!("{} series", emotions.series.len());

    use undertone_client::ClientError;

    let unknown = Options { model: "oracle".into(), ..Options::default() };
    match client.recognize("talk.wav", &unknown).await {
        Err(ClientError::Server(error)) => println!("{:?} is not there", error.resource()),
        other => panic!("there is no such model: {other:?}"),
    }

    use std::sync::Arc;
    use std::time::Duration;
    use undertone_client::{Retry, Tls};

    let authority = std::fs::read("ca.pem")?;
    let trace = || Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());
    let careful = Connection {
        tls: Tls { ca: Some(authority), identity: None }, // PEM; without an authority, those that the system trusts
        api_key: Some("key".into()),                      // sent as authorization: Bearer, never shown
        retry: Retry::never(),
        timeout: Some(Duration::from_secs(30)),
        metadata: vec![("x-team".into(), "calls".into())],
        traceparent: Some(Arc::new(trace)), // asked once per call
        ..Connection::new("https://speech.example:443")
    };
    let careful = Client::lazy(careful)?;
    drop(careful);

    use undertone_client::assignment::{Allocation, OfflineExperiment};

    let experiment = OfflineExperiment::new("greeting", Allocation::new(&[5000, 5000])?);
    println!("{:?}", experiment.assign("person-17"));

    Ok(())
}
