//! A process that scores.

use super::area::SharedArea;
use super::message::Call;
use super::order::Description;
use super::places::Places;
use super::serve::{Desk, wrong};
use crate::classifier::PluginClassifier;
use crate::stream_classifier::PluginStreamClassifier;
use crate::{HostError, PluginHost};
use std::sync::Arc;
use undertone_bundle::Bundle;
use undertone_core::{Advance, Classifier, FramesView, PluginError, StreamClassifier};

/// A classifier with its bundle's graphs.
pub(super) struct Scoring {
    pub(super) description: Description,
    whole: PluginClassifier,
    stream: Option<PluginStreamClassifier>,
    places: Places,
}

impl Scoring {
    /// Loads it as a server does that runs it itself.
    pub(super) fn load(host: &PluginHost, bundle: &Bundle) -> Result<Self, HostError> {
        let (whole, stream) = host.classifiers_of(bundle, &Arc::default())?;
        let streaming = stream.as_ref().map(|kind| kind.streaming.into());
        let description = Description { dim: whole.rules.dim, labels: whole.label_count, streaming };
        let stream = stream.map(|kind| kind.classifier()).transpose()?;
        Ok(Self { description, whole: whole.classifier()?, stream, places: Places::default() })
    }

    fn frames<'a>(&self, area: &SharedArea, item: usize) -> FramesView<'a> {
        let (at, count) = self.places.frames(item);
        // SAFETY: until the answer is given nobody writes frames: the server leaves the memory alone, and a plugin only reads
        // them.
        FramesView { dim: self.description.dim, values: unsafe { area.lend(at, count) } }
    }
}

impl Desk for Scoring {
    fn answer(&mut self, area: &SharedArea, call: Call, items: usize) -> Result<(), PluginError> {
        if !matches!(call, Call::Classify | Call::Advance) {
            return Err(wrong("it was asked for something else"));
        }
        let counts = Places::frame_counts(area, items);
        let fitting = self.places.lay_out(self.description.shape(), call, counts, area.length());
        if fitting != items {
            return Err(wrong("the items have no room in the shared memory"));
        }
        let mut outcomes = Vec::with_capacity(items);
        if call == Call::Classify {
            let batch: Vec<FramesView<'_>> = (0..items).map(|item| self.frames(area, item)).collect();
            self.whole.classify(&batch, &mut outcomes)?;
        } else {
            let state_values = self.description.shape().state_values;
            let advance = |item| {
                // SAFETY: until the answer is given the server leaves the memory alone, and every state is lent once.
                let state = unsafe { area.lend(self.places.state(item), state_values) };
                Advance { frames: self.frames(area, item), state }
            };
            let mut batch: Vec<Advance<'_>> = (0..items).map(advance).collect();
            let stream = self.stream.as_mut().ok_or_else(|| wrong("the bundle has no stateful graph"))?;
            stream.advance(&mut batch, &mut outcomes)?;
        }
        for (item, outcome) in outcomes.iter().enumerate().take(items) {
            self.places.put_outcome(area, item, outcome);
        }
        Ok(())
    }
}
