//! Tells a client that cancelled its call from one that has said all.
//!
//! What is above the transport hides the difference: when a client resets its HTTP/2 stream with CANCEL, its messages end
//! as if they were complete. The body still knows: it breaks off, or ends and does not say that it is complete.

use http::{Extensions, Request, Version};
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio_stream::Stream;
use tonic::Status;
use tower::{Layer, Service};

/// Whether the client of a call has cancelled it; among the extensions of each request.
#[derive(Clone, Default)]
struct Departure(Arc<AtomicBool>);

impl Departure {
    fn note(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_noted(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Watches the bodies of requests; [`UntilDeparture`] tells what it saw.
#[derive(Clone, Copy)]
pub(crate) struct DepartureLayer;

/// See [`DepartureLayer`].
#[derive(Clone)]
pub(crate) struct Watching<S> {
    service: S,
}

impl<S> Layer<S> for DepartureLayer {
    type Service = Watching<S>;

    fn layer(&self, service: S) -> Watching<S> {
        Watching { service }
    }
}

impl<S> Service<Request<tonic::body::Body>> for Watching<S>
where
    S: Service<Request<tonic::body::Body>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<tonic::body::Body>) -> Self::Future {
        if request.version() != Version::HTTP_2 {
            // There a body that breaks off is an error.
            return self.service.call(request);
        }
        let departure = Departure::default();
        request.extensions_mut().insert(departure.clone());
        self.service.call(request.map(|body| tonic::body::Body::new(Watched { body, departure })))
    }
}

/// A body that notes when it breaks off.
struct Watched {
    body: tonic::body::Body,
    departure: Departure,
}

impl Body for Watched {
    type Data = <tonic::body::Body as Body>::Data;
    type Error = <tonic::body::Body as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let is_in_order = frame.as_ref().map_or_else(|| self.body.is_end_stream(), Result::is_ok);
        if !is_in_order {
            self.departure.note();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The messages of a call; an error in place of the end when its client has cancelled it.
pub(super) struct UntilDeparture<Asks> {
    asks: Asks,
    departure: Departure,
}

impl<Asks> UntilDeparture<Asks> {
    /// `asks` belong to the request with `extensions`.
    pub(super) fn new(asks: Asks, extensions: &Extensions) -> Self {
        Self { asks, departure: extensions.get().cloned().unwrap_or_default() }
    }
}

impl<Asks, Ask> Stream for UntilDeparture<Asks>
where
    Asks: Stream<Item = Result<Ask, Status>> + Unpin,
{
    type Item = Result<Ask, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let ask = ready!(Pin::new(&mut self.asks).poll_next(context));
        if ask.is_none() && self.departure.is_noted() {
            return Poll::Ready(Some(Err(Status::cancelled("the client went away"))));
        }
        Poll::Ready(ask)
    }
}
