//! What each method and each page needs. One that is not listed needs the scope `admin`, so that what is forgotten is shut.

use super::Scope;

/// What a caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Nothing: for probes, which carry no key.
    Open,
    /// Any key.
    AnyKey,
    /// A key with this scope.
    Needs(Scope),
    /// A key with this scope of the tenant [`super::NOBODYS`], or an admin's: it tells what all tenants together did.
    NeedsOfAll(Scope),
}

impl Rule {
    /// The scope that a key needs, if it needs one.
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::Open | Self::AnyKey => None,
            Self::Needs(scope) | Self::NeedsOfAll(scope) => Some(scope),
        }
    }
}

use Rule::{AnyKey, Needs, NeedsOfAll, Open};

/// Paths of gRPC methods and of HTTP pages.
const RULES: &[(&str, Rule)] = &[
    ("/undertone.v1.Recognizer/Recognize", Needs(Scope::Recognize)),
    ("/undertone.v1.Recognizer/StreamingRecognize", Needs(Scope::Recognize)),
    ("/undertone.v1.Analytics/QueryEmotions", Needs(Scope::Analytics)),
    ("/undertone.v1.Analytics/QueryConfidence", Needs(Scope::Analytics)),
    ("/undertone.v1.Analytics/QueryLatency", Needs(Scope::Analytics)),
    ("/undertone.v1.Analytics/QueryAgreement", Needs(Scope::Analytics)),
    ("/undertone.v1.Analytics/QueryDrift", Needs(Scope::Analytics)),
    ("/undertone.v1.Analytics/QueryTrainingDrift", Needs(Scope::Analytics)),
    ("/undertone.v1.Analytics/QueryJudgements", Needs(Scope::Analytics)),
    ("/api/v1/analytics/emotions", Needs(Scope::Analytics)),
    ("/api/v1/analytics/confidence", Needs(Scope::Analytics)),
    ("/api/v1/analytics/latency", Needs(Scope::Analytics)),
    ("/api/v1/analytics/agreement", Needs(Scope::Analytics)),
    ("/api/v1/analytics/drift", Needs(Scope::Analytics)),
    ("/undertone.v1.Streams/ListStreams", Needs(Scope::Admin)),
    ("/api/v1/analytics/training-drift", Needs(Scope::Analytics)),
    ("/api/v1/analytics/judgements", Needs(Scope::Analytics)),
    ("/undertone.v1.Models/ListModels", AnyKey),
    ("/undertone.v1.Models/GetModel", AnyKey),
    ("/undertone.v1.Experiments/CreateExperiment", Needs(Scope::Admin)),
    ("/undertone.v1.Experiments/ChangeExperiment", Needs(Scope::Admin)),
    ("/undertone.v1.Experiments/ListExperiments", Needs(Scope::Analytics)),
    ("/undertone.v1.Experiments/GetExperiment", Needs(Scope::Analytics)),
    ("/undertone.v1.Experiments/Assign", Needs(Scope::Analytics)),
    ("/undertone.v1.Experiments/GetReport", Needs(Scope::Analytics)),
    ("/undertone.v1.Feedback/GiveFeedback", Needs(Scope::Feedback)),
    ("/undertone.v1.Models/LoadModel", Needs(Scope::Admin)),
    ("/undertone.v1.Models/UnloadModel", Needs(Scope::Admin)),
    ("/undertone.v1.Models/RollbackModel", Needs(Scope::Admin)),
    ("/inference.GRPCInferenceService/ServerLive", Open),
    ("/inference.GRPCInferenceService/ServerReady", Open),
    ("/inference.GRPCInferenceService/ModelReady", AnyKey),
    ("/inference.GRPCInferenceService/ServerMetadata", AnyKey),
    ("/inference.GRPCInferenceService/ModelMetadata", AnyKey),
    ("/inference.GRPCInferenceService/ModelInfer", Needs(Scope::Recognize)),
    ("/inference.GRPCInferenceService/ModelStreamInfer", Needs(Scope::Recognize)),
    ("/inference.GRPCInferenceService/ModelConfig", AnyKey),
    ("/inference.GRPCInferenceService/ModelStatistics", NeedsOfAll(Scope::Analytics)),
    ("/inference.GRPCInferenceService/RepositoryIndex", AnyKey),
    ("/inference.GRPCInferenceService/RepositoryModelLoad", Needs(Scope::Admin)),
    ("/inference.GRPCInferenceService/RepositoryModelUnload", Needs(Scope::Admin)),
    ("/grpc.health.v1.Health/Check", Open),
    ("/grpc.health.v1.Health/List", Open),
    ("/grpc.health.v1.Health/Watch", Open),
    ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", AnyKey),
    ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", AnyKey),
    ("/healthz", Open),
    ("/readyz", Open),
    ("/metrics", NeedsOfAll(Scope::Analytics)),
    ("/v1/stream", Needs(Scope::Recognize)),
    ("/v2", AnyKey),
    ("/v2/health/live", Open),
    ("/v2/health/ready", Open),
    ("/v2/models/stats", NeedsOfAll(Scope::Analytics)),
    ("/v2/repository/index", AnyKey),
    ("/", Open),
];

/// The files of the console, which hold no data.
const CONSOLE: &str = "/console/";

/// Every method and every page that is listed.
pub fn listed() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|&(path, _)| path)
}

/// What the method or page at `path` needs; `None` when it is not listed.
pub fn rule_of(path: &str) -> Option<Rule> {
    let listed = RULES.iter().find(|(listed, _)| *listed == path).map(|&(_, rule)| rule);
    listed.or_else(|| path.starts_with(CONSOLE).then_some(Open)).or_else(|| rule_of_model_page(path))
}

/// What a page of the Open Inference Protocol needs that has a model's name in its path.
fn rule_of_model_page(path: &str) -> Option<Rule> {
    if path.starts_with("/v2/repository/models/") {
        return Some(Needs(Scope::Admin));
    }
    let rest = path.strip_prefix("/v2/models/")?;
    match rest.rsplit_once('/') {
        Some((_, "infer")) => Some(Needs(Scope::Recognize)),
        Some((_, "stats")) => Some(NeedsOfAll(Scope::Analytics)),
        _ => Some(AnyKey),
    }
}

/// What a call to `path` needs.
pub(crate) fn needed(path: &str) -> Rule {
    rule_of(path).unwrap_or(Needs(Scope::Admin))
}
