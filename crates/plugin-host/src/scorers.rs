//! The classifier of a model, wherever it runs.

use crate::classifier_kind::ClassifierKind;
use crate::isolation::IsolatedModel;
use crate::stream_kind::StreamKind;
use std::sync::Arc;
use undertone_core::{Classifier, PluginError, StreamClassifier, Streaming, Unready};

/// The classifier of a model, with each of its graphs.
#[derive(Debug, Clone)]
pub(crate) enum Scorers {
    /// In this process.
    Here {
        /// Over whole utterances.
        whole: Arc<ClassifierKind>,
        /// With state, if the bundle has such a graph.
        stream: Option<Arc<StreamKind>>,
    },
    /// In processes of its own.
    Apart(Arc<IsolatedModel>),
}

impl Scorers {
    /// Values per frame.
    pub(crate) fn dim(&self) -> usize {
        match self {
            Self::Here { whole, .. } => whole.rules.dim,
            Self::Apart(model) => model.shape().dim,
        }
    }

    /// The plugin's name.
    pub(crate) fn plugin(&self) -> &str {
        match self {
            Self::Here { whole, .. } => whole.plugin.name(),
            Self::Apart(model) => model.plugin(),
        }
    }

    /// Makes a classifier for one worker.
    pub(crate) fn classifier(&self) -> Result<Box<dyn Classifier>, PluginError> {
        Ok(match self {
            Self::Here { whole, .. } => Box::new(whole.classifier()?),
            Self::Apart(model) => Box::new(model.classifier()?),
        })
    }

    /// How it goes on; `None` when it scores whole utterances only.
    pub(crate) fn streaming(&self) -> Option<Streaming> {
        match self {
            Self::Here { stream, .. } => stream.as_ref().map(|kind| kind.streaming),
            Self::Apart(model) => model.streaming(),
        }
    }

    /// Makes one that goes on, for one worker.
    pub(crate) fn stream_classifier(&self) -> Result<Box<dyn StreamClassifier>, PluginError> {
        let only_whole = "the model scores whole utterances only";
        Ok(match self {
            Self::Here { stream: Some(kind), .. } => Box::new(kind.classifier()?),
            Self::Here { whole, stream: None } => return Err(whole.rules.refused(only_whole.into())),
            Self::Apart(model) => match model.streaming() {
                Some(streaming) => Box::new(model.stream_classifier(streaming)?),
                None => return Err(model.rules().refused(only_whole.into())),
            },
        })
    }

    /// Whether it runs in processes of its own.
    pub(crate) fn are_apart(&self) -> bool {
        matches!(self, Self::Apart(_))
    }

    /// Why no new stream should be opened with it.
    pub(crate) fn unready(&self) -> Option<Unready> {
        match self {
            Self::Here { .. } => None,
            Self::Apart(model) => model.unready(),
        }
    }
}
