//! `undertone.v1.Streams`.

use super::{reply, status};
use crate::access::Caller;
use crate::live::LiveView;
use crate::recognition::Recognition;
use crate::wire_time;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use undertone_proto::v1;

/// Streams in an answer, where the caller names no number and so many may be listed.
const USUAL: u32 = 200;

/// Tells which streams are open.
#[derive(Clone)]
pub struct StreamsService {
    recognition: Arc<Recognition>,
    most: u32,
}

impl StreamsService {
    /// A service over `recognition`'s streams, which lists so many at most.
    pub fn new(recognition: Arc<Recognition>, most: u32) -> Self {
        Self { recognition, most }
    }

    fn describe(&self, view: LiveView) -> v1::LiveStream {
        let LiveView { facts, opened_at, latest } = view;
        let (top, confidence) = latest.top.unwrap_or_default();
        v1::LiveStream {
            stream_id: facts.id.to_string(),
            model: Some(reply::model_ref(&facts.model)),
            tenant: facts.tenant,
            subject_key: self
                .recognition
                .stored_subject_key(facts.subject_key.as_deref())
                .unwrap_or_default(),
            labels: facts.labels.into_iter().collect(),
            encoding: facts.encoding.to_owned(),
            sample_rate_hertz: facts.sample_rate_hz,
            opened_at: Some(wire_time::timestamp(opened_at)),
            audio_heard: Some(reply::at(latest.samples)),
            utterances: latest.utterances,
            speaking: latest.speaking,
            top,
            confidence,
        }
    }
}

#[tonic::async_trait]
impl v1::streams_server::Streams for StreamsService {
    async fn list_streams(
        &self,
        request: Request<v1::ListStreamsRequest>,
    ) -> Result<Response<v1::ListStreamsResponse>, Status> {
        let caller = Caller::of(&request);
        let limit = match request.get_ref().limit {
            0 => USUAL.min(self.most),
            limit if limit <= self.most => limit,
            limit => {
                let told = format!("{limit} is more than {} (grpc.max_listed_streams)", self.most);
                return Err(status::bad_field("limit", told));
            }
        };
        let (views, open) = self.recognition.live.list(caller.bound_to(), limit as usize);
        let streams = views.into_iter().map(|view| self.describe(view)).collect();
        Ok(Response::new(v1::ListStreamsResponse { streams, open: u32::try_from(open).unwrap_or(u32::MAX) }))
    }
}
