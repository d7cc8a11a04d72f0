//! The extractor of a model, wherever it runs.

use crate::extractor_kind::ExtractorKind;
use crate::isolation::IsolatedExtractors;
use std::sync::Arc;
use undertone_core::{Extractor, FrameLayout, PluginError, Unready};

/// The extractor of a model.
#[derive(Debug, Clone)]
pub(crate) enum Framer {
    /// In this process.
    Here(Arc<ExtractorKind>),
    /// In processes of its own.
    Apart(Arc<IsolatedExtractors>),
}

impl Framer {
    /// What its frames look like.
    pub(crate) fn layout(&self) -> &FrameLayout {
        match self {
            Self::Here(kind) => &kind.layout,
            Self::Apart(extractors) => extractors.layout(),
        }
    }

    /// What its frames depend on.
    pub(crate) fn fingerprint(&self) -> &str {
        match self {
            Self::Here(kind) => &kind.fingerprint,
            Self::Apart(extractors) => extractors.fingerprint(),
        }
    }

    /// Makes an extractor for one stream at a time.
    pub(crate) fn extractor(&self) -> Result<Box<dyn Extractor>, PluginError> {
        Ok(match self {
            Self::Here(kind) => Box::new(kind.extractor()?),
            Self::Apart(extractors) => Box::new(extractors.extractor()?),
        })
    }

    /// Whether it runs in processes of its own.
    pub(crate) fn is_apart(&self) -> bool {
        matches!(self, Self::Apart(_))
    }

    /// Why no new stream should be opened with it.
    pub(crate) fn unready(&self) -> Option<Unready> {
        match self {
            Self::Here(_) => None,
            Self::Apart(extractors) => extractors.unready(),
        }
    }
}
