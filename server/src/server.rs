//! A running server: bind, open the journal, load the models, serve, drain.

use crate::access::{AccessLayer, Guard, KeyRing};
use crate::analytics::{AnalyticsService, Figures, watch_drift};
use crate::assembly::{self, Assembled, Stores};
use crate::experiments::Clockwork;
use crate::grpc::{
    DepartureLayer, ExperimentsService, FeedbackService, InferenceService, ModelsService, RecognizerService,
    StreamsService,
};
use crate::health::{self, Watched};
use crate::http::{self, HttpState};
use crate::recognition::Recognition;
use crate::recording::RecordKeeper;
use crate::settings::Settings;
use crate::start_check::refuse_to_stand_open;
use crate::tls::{Certificates, Door, Peer, Protocol};
use crate::v2;
use crate::web_pages::{self, cross_origin};
use crate::websocket::WebSockets;
use anyhow::{Context, anyhow};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::codec::CompressionEncoding;
use tonic::service::{Routes, RoutesBuilder};
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;
use undertone_core::{Recorder, SystemClock};
use undertone_proto::inference::grpc_inference_service_server::GrpcInferenceServiceServer;
use undertone_proto::v1::analytics_server::AnalyticsServer;
use undertone_proto::v1::experiments_server::ExperimentsServer;
use undertone_proto::v1::feedback_server::FeedbackServer;
use undertone_proto::v1::models_server::ModelsServer;
use undertone_proto::v1::recognizer_server::RecognizerServer;
use undertone_proto::v1::streams_server::StreamsServer;
use undertone_store::{
    Analytics, AnalyticsLimits, Database, ExperimentStore, Journal, JournalOptions, Shipper,
};
use undertone_telemetry::Metrics;

/// Has a service take messages in gzip and zstd, and where `replies` says so, send its own to clients that understand them.
/// Every generated service has the methods, and no trait names them.
macro_rules! compressed {
    ($service:expr, $replies:expr) => {{
        let service = $service
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd);
        match $replies {
            true => {
                service.send_compressed(CompressionEncoding::Zstd).send_compressed(CompressionEncoding::Gzip)
            }
            false => service,
        }
    }};
}

/// A server that accepts calls.
pub struct Server {
    grpc_address: SocketAddr,
    http_address: SocketAddr,
    recognition: Arc<Recognition>,
    health: HealthReporter,
    recording: Recording,
    clockwork: Clockwork,
    stop: CancellationToken,
    draining: Arc<AtomicBool>,
    web_sockets: WebSockets,
    /// What follows the models.
    tasks: Vec<JoinHandle<()>>,
    grpc: JoinHandle<Result<(), tonic::transport::Error>>,
    http: JoinHandle<std::io::Result<()>>,
    grace: Duration,
}

/// The journal, what brings records to it, and what ships it.
struct Recording {
    journal: Arc<Journal>,
    keeper: Arc<RecordKeeper>,
    shipper: Option<Shipper>,
    experiments: Arc<ExperimentStore>,
}

impl Server {
    /// Starts everything; when this returns, calls are accepted.
    pub async fn start(settings: &Settings) -> anyhow::Result<Self> {
        refuse_to_stand_open(settings)?;
        let certificates = settings.tls.as_ref().map(Certificates::read).transpose()?.map(Arc::new);
        let grpc_listener = bind("grpc.listen", settings.grpc.listen).await?;
        let http_listener = bind("http.listen", settings.http_listen).await?;
        let metrics = Arc::new(Metrics::new()?);
        let recording = Recording::open(settings, &metrics).await?;
        let recorder = Some(recording.keeper.clone());
        let stores = Stores { recorder, experiments: Some(recording.experiments.clone()) };
        let Assembled { recognition, exposures } = assembly::assemble(settings, metrics.clone(), stores)?;
        let recognition = Arc::new(recognition);
        hear_of_experiments(&recognition).await;
        let clockwork =
            Clockwork::start(&recognition, &recording.experiments, exposures, &settings.experiments);

        let stop = CancellationToken::new();
        let draining = Arc::new(AtomicBool::new(false));
        let access = access_layer(settings, &recognition, stop.clone()).await;
        let figures = recording.figures(settings, &recognition);
        let drift_figures = figures.clone();
        let watched = Watched { models: recognition.models.clone(), journal: recording.journal.state() };
        let at_once = settings.grpc.inference_requests;
        let inference = InferenceService::new(recognition.clone(), draining.clone(), stop.clone(), at_once);
        let (health, mut services) =
            grpc_services(settings, &recognition, &watched, inference.clone()).await?;
        let replies = settings.grpc.compress_replies;
        let analytics = AnalyticsServer::new(AnalyticsService::new(figures.clone()));
        services.add_service(compressed!(analytics, replies));
        let services = services.routes();
        let grpc_address = grpc_listener.local_addr()?;
        let http_address = http_listener.local_addr()?;
        let http_state = HttpState {
            metrics,
            models: recognition.models.clone(),
            draining: draining.clone(),
            journal: recording.journal.state(),
            journal_file: recording.journal.path().to_owned(),
            status: recording.journal.status(),
            ships: recording.shipper.is_some(),
        };
        if let Some(certificates) = &certificates {
            tokio::spawn(certificates.clone().watch(stop.clone()));
        }
        let open = |listener, protocol| Door::open(listener, certificates.clone(), protocol, stop.clone());
        let grpc_door = open(grpc_listener, Protocol::Grpc)?;
        let http_door = open(http_listener, Protocol::Http)?;
        let router = tonic::transport::Server::builder()
            .http2_keepalive_interval(Some(settings.grpc.keepalive_interval))
            .http2_keepalive_timeout(Some(settings.grpc.keepalive_timeout))
            // Browsers speak HTTP/1.1 in the clear, and ask beforehand whether a page may call.
            .accept_http1(true)
            .layer(DepartureLayer)
            .layer(cross_origin(&settings.allowed_origins))
            .layer(GrpcWebLayer::new())
            .layer(access.clone())
            .add_routes(services.clone());
        let stopped = stop.clone().cancelled_owned();
        let grpc = tokio::spawn(router.serve_with_incoming_shutdown(grpc_door.into_stream(), stopped));
        let web_sockets = WebSockets::new(RecognizerService::new(recognition.clone()), settings);
        let methods = web_pages::methods(services, &settings.allowed_origins, access.clone());
        let pages = http::router(http_state, figures, access.clone())
            .merge(v2::router(inference, settings, access.clone()))
            .merge(methods)
            .merge(web_sockets.router(access));
        let http = tokio::spawn(serve_http(http_door, pages, stop.clone()));
        let mut tasks = recognition.models.start_tasks(&stop);
        tasks.push(tokio::spawn(watch_drift(drift_figures, recognition.metrics.clone(), stop.clone())));
        tasks.push(tokio::spawn(health::follow(watched, health.clone(), stop.clone())));
        let grace = settings.shutdown_grace;
        let server = Self {
            grpc_address,
            http_address,
            recognition,
            health,
            recording,
            clockwork,
            stop,
            draining,
            web_sockets,
            tasks,
            grpc,
            http,
            grace,
        };
        let models = server.recognition.models.ready().list().count();
        tracing::info!(grpc = %grpc_address, http = %http_address, models, "serving");
        Ok(server)
    }

    /// Where gRPC calls are accepted.
    pub fn grpc_address(&self) -> SocketAddr {
        self.grpc_address
    }

    /// Where HTTP calls are accepted.
    pub fn http_address(&self) -> SocketAddr {
        self.http_address
    }

    /// Takes no more calls, answers what the open streams have heard, and ends within the grace time.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.draining.store(true, Ordering::Release);
        for task in self.tasks {
            task.abort();
            // An error says that it ended where it was.
            let _ = task.await;
        }
        health::leave(&self.health).await;
        self.stop.cancel();
        let ended = async {
            self.recognition.engine.drain().await;
            tokio::join!(self.grpc, self.http, self.web_sockets.ended())
        };
        if tokio::time::timeout(self.grace, ended).await.is_err() {
            let late = self.recognition.engine.open_streams();
            tracing::warn!(late, grace = ?self.grace, "calls did not end within the grace time");
        }
        if tokio::time::timeout(self.grace, self.recognition.experiments.shadows.end()).await.is_err() {
            tracing::warn!("models that listen along did not end within the grace time");
        }
        self.clockwork.stop(&self.recording.experiments).await;
        self.recording.close(self.grace).await;
        self.recognition.traces.clone().close().await;
        tracing::info!("stopped");
        Ok(())
    }
}

impl Recording {
    async fn open(settings: &Settings, metrics: &Arc<Metrics>) -> anyhow::Result<Self> {
        let options =
            JournalOptions { limit_bytes: settings.journal_limit_bytes, ..JournalOptions::default() };
        let opened = Journal::open(&settings.data_dir, options).await;
        let journal = Arc::new(opened.map_err(|error| anyhow!("data.dir: {}", error.sentence()))?);
        let shipping = &settings.store.shipping;
        let shipper =
            settings.store.url.clone().map(|url| Shipper::start_with(&journal, url, shipping.clone()));
        let experiments = ExperimentStore::open(&settings.data_dir, settings.store.url.clone()).await;
        let experiments = experiments.map_err(|error| anyhow!("data.dir: {}", error.sentence()))?;
        let recorder: Arc<dyn Recorder> = journal.clone();
        let keeper = RecordKeeper::new(recorder, journal.state(), &settings.recording, metrics.clone());
        Ok(Self { journal, keeper: Arc::new(keeper), shipper, experiments: Arc::new(experiments) })
    }

    /// From Postgres where there is one, else from the journal.
    fn figures(&self, settings: &Settings, recognition: &Recognition) -> Figures {
        let limits =
            AnalyticsLimits { longest_stream: settings.longest_stream(), ..settings.analytics.store };
        let store = match &settings.store.url {
            Some(url) => Analytics::of_postgres(url, limits),
            None => Analytics::of_journal(self.journal.reader(), limits),
        };
        Figures {
            store,
            limits: settings.analytics.asked,
            recording: settings.recording.clone(),
            clock: Arc::new(SystemClock),
            models: recognition.models.clone(),
            drift: settings.drift,
        }
    }

    async fn close(self, patience: Duration) {
        self.keeper.finish(patience).await;
        if let Some(shipper) = self.shipper {
            shipper.stop().await;
        }
        self.journal.close().await;
    }
}

/// Experiments may be late by so much at a start; what this machine knows of them counts meanwhile.
const HEAR_WITHIN: Duration = Duration::from_secs(2);

/// From here, and from Postgres where it answers soon. Its absence stops no start.
async fn hear_of_experiments(recognition: &Recognition) {
    let catalog = &recognition.experiments.catalog;
    if let Err(error) = catalog.recall().await {
        tracing::warn!(error = %error.sentence(), "the experiments of this machine cannot be read");
    }
    match tokio::time::timeout(HEAR_WITHIN, catalog.refresh()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %error.sentence(), "experiments are those that were last known");
        }
        Err(_) => tracing::warn!("Postgres does not answer; experiments are those that were last known"),
    }
}

async fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            anyhow!("{setting}: {address} is in use by another program; stop it or set another address")
        }
        _ => anyhow!("{setting}: cannot listen on {address}: {error}"),
    })
}

/// What stands in front of every service.
async fn access_layer(
    settings: &Settings,
    recognition: &Recognition,
    stop: CancellationToken,
) -> AccessLayer {
    let keys = match settings.auth.keys {
        true => {
            let database = key_database(settings);
            Some(KeyRing::start(database, settings.auth.refresh, recognition.clock.clone(), stop).await)
        }
        false => None,
    };
    let certificates = settings.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
    AccessLayer { guard: Arc::new(Guard::new(keys, certificates)), metrics: recognition.metrics.clone() }
}

/// Where the keys are: where all servers see them, if there is such a place.
pub(crate) fn key_database(settings: &Settings) -> Database {
    match &settings.store.url {
        Some(url) => Database::Postgres(url.clone()),
        None => Database::Journal(settings.data_dir.clone()),
    }
}

const UNREADABLE: &str = "the descriptor set cannot be read";

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(undertone_proto::DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

async fn grpc_services(
    settings: &Settings,
    recognition: &Arc<Recognition>,
    watched: &Watched,
    inference: InferenceService,
) -> anyhow::Result<(HealthReporter, RoutesBuilder)> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health::tell(&health, watched, &mut BTreeSet::new()).await;
    let recognizer = RecognizerServer::new(RecognizerService::new(recognition.clone()))
        .max_decoding_message_size(settings.grpc.max_message_bytes);
    let inference =
        GrpcInferenceServiceServer::new(inference).max_decoding_message_size(settings.grpc.max_message_bytes);
    let feedback = FeedbackService::new(recognition.clone(), settings.feedback_max_items);
    let feedback = FeedbackServer::new(feedback).max_decoding_message_size(settings.grpc.max_message_bytes);
    let models = ModelsServer::new(ModelsService::new(recognition.clone()));
    let streams =
        StreamsServer::new(StreamsService::new(recognition.clone(), settings.grpc.max_listed_streams));
    let experiments = ExperimentsServer::new(ExperimentsService::new(recognition.clone()));
    let replies = settings.grpc.compress_replies;
    let mut services = Routes::builder();
    services
        .add_service(health_service)
        .add_service(reflection().build_v1().context(UNREADABLE)?)
        // Clients of before 2024, grpcio's among them, ask under this name.
        .add_service(reflection().build_v1alpha().context(UNREADABLE)?)
        .add_service(compressed!(recognizer, replies))
        .add_service(compressed!(inference, replies))
        .add_service(compressed!(models, replies))
        .add_service(compressed!(streams, replies))
        .add_service(compressed!(experiments, replies))
        .add_service(compressed!(feedback, replies));
    Ok((health, services))
}

async fn serve_http(door: Door, pages: axum::Router, stop: CancellationToken) -> std::io::Result<()> {
    let pages = pages.into_make_service_with_connect_info::<Peer>();
    axum::serve(door, pages).with_graceful_shutdown(stop.cancelled_owned()).await
}
