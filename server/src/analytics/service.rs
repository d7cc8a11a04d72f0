//! `undertone.v1.Analytics`.

use super::Figures;
use crate::access::Caller;
use tonic::{Request, Response, Status};
use undertone_proto::v1;

/// Figures about stored answers.
#[derive(Clone)]
pub struct AnalyticsService {
    figures: Figures,
}

impl AnalyticsService {
    pub(crate) fn new(figures: Figures) -> Self {
        Self { figures }
    }
}

#[tonic::async_trait]
impl v1::analytics_server::Analytics for AnalyticsService {
    async fn query_emotions(
        &self,
        request: Request<v1::QueryEmotionsRequest>,
    ) -> Result<Response<v1::QueryEmotionsResponse>, Status> {
        self.figures.emotions(request.get_ref(), &Caller::of(&request)).await.map(Response::new)
    }

    async fn query_confidence(
        &self,
        request: Request<v1::QueryConfidenceRequest>,
    ) -> Result<Response<v1::QueryConfidenceResponse>, Status> {
        self.figures.confidence(request.get_ref(), &Caller::of(&request)).await.map(Response::new)
    }

    async fn query_latency(
        &self,
        request: Request<v1::QueryLatencyRequest>,
    ) -> Result<Response<v1::QueryLatencyResponse>, Status> {
        self.figures.latency(request.get_ref(), &Caller::of(&request)).await.map(Response::new)
    }

    async fn query_agreement(
        &self,
        request: Request<v1::QueryAgreementRequest>,
    ) -> Result<Response<v1::QueryAgreementResponse>, Status> {
        self.figures.agreement(request.get_ref(), &Caller::of(&request)).await.map(Response::new)
    }

    async fn query_drift(
        &self,
        request: Request<v1::QueryDriftRequest>,
    ) -> Result<Response<v1::QueryDriftResponse>, Status> {
        self.figures.drift(request.get_ref(), &Caller::of(&request)).await.map(Response::new)
    }

    async fn query_training_drift(
        &self,
        request: Request<v1::QueryTrainingDriftRequest>,
    ) -> Result<Response<v1::QueryTrainingDriftResponse>, Status> {
        self.figures.training_drift(request.get_ref(), &Caller::of(&request)).await.map(Response::new)
    }

    async fn query_judgements(
        &self,
        request: Request<v1::QueryJudgementsRequest>,
    ) -> Result<Response<v1::QueryJudgementsResponse>, Status> {
        self.figures.judgements(request.get_ref(), &Caller::of(&request)).await.map(Response::new)
    }
}
