//! The server's other services: a method for each call.

use crate::client::Client;
use crate::error::ClientError;
use undertone_proto::v1;
use v1::analytics_client::AnalyticsClient;
use v1::experiments_client::ExperimentsClient;
use v1::feedback_client::FeedbackClient;
use v1::models_client::ModelsClient;
use v1::streams_client::StreamsClient;

/// Methods that make a call: by `call` as often as it may help, by `call_once` where what it does may have been done.
macro_rules! calls {
    ($call:ident: $($(#[$doc:meta])* $method:ident($asked:ident) -> $told:ident of $service:ident;)*) => {
        impl Client {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// When the server refuses, or cannot be reached.
                pub async fn $method(&self, asked: v1::$asked) -> Result<v1::$told, ClientError> {
                    self.$call(asked, async |line, request| {
                        $service::new(line).max_decoding_message_size(usize::MAX).$method(request).await
                    })
                    .await
                }
            )*
        }
    };
}

calls! {
    call:
    /// Every loaded model and every refused bundle.
    list_models(ListModelsRequest) -> ListModelsResponse of ModelsClient;
    /// One model's manifest facts and card.
    get_model(GetModelRequest) -> GetModelResponse of ModelsClient;
    /// Tells what was right. A judgement with an `id` counts once, however often it is sent.
    give_feedback(GiveFeedbackRequest) -> GiveFeedbackResponse of FeedbackClient;
    /// Every experiment.
    list_experiments(ListExperimentsRequest) -> ListExperimentsResponse of ExperimentsClient;
    /// One experiment.
    get_experiment(GetExperimentRequest) -> GetExperimentResponse of ExperimentsClient;
    /// The arm of a unit, as the server has it.
    assign(AssignRequest) -> AssignResponse of ExperimentsClient;
    /// What an experiment says.
    get_report(GetReportRequest) -> GetReportResponse of ExperimentsClient;
    /// The streams that are open now.
    list_streams(ListStreamsRequest) -> ListStreamsResponse of StreamsClient;
    /// How often each emotion was heard.
    query_emotions(QueryEmotionsRequest) -> QueryEmotionsResponse of AnalyticsClient;
    /// How sure the models were.
    query_confidence(QueryConfidenceRequest) -> QueryConfidenceResponse of AnalyticsClient;
    /// How long answers took.
    query_latency(QueryLatencyRequest) -> QueryLatencyResponse of AnalyticsClient;
    /// How often models agree.
    query_agreement(QueryAgreementRequest) -> QueryAgreementResponse of AnalyticsClient;
    /// How far what is heard has moved.
    query_drift(QueryDriftRequest) -> QueryDriftResponse of AnalyticsClient;
    /// How far what is heard is from what each model learnt from.
    query_training_drift(QueryTrainingDriftRequest) -> QueryTrainingDriftResponse of AnalyticsClient;
    /// How often answers were right, by what people said.
    query_judgements(QueryJudgementsRequest) -> QueryJudgementsResponse of AnalyticsClient;
}

calls! {
    call_once:
    /// Loads a version beside those that are served.
    load_model(LoadModelRequest) -> LoadModelResponse of ModelsClient;
    /// Takes a version, or every version of a model, out of service.
    unload_model(UnloadModelRequest) -> UnloadModelResponse of ModelsClient;
    /// Goes back to the version before the one that is served.
    rollback_model(RollbackModelRequest) -> RollbackModelResponse of ModelsClient;
    /// Keeps a definition.
    create_experiment(CreateExperimentRequest) -> CreateExperimentResponse of ExperimentsClient;
    /// Takes a step in an experiment's life.
    change_experiment(ChangeExperimentRequest) -> ChangeExperimentResponse of ExperimentsClient;
}
