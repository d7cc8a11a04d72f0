//! What plugins say about themselves.

use super::together::on_threads;
use super::{Case, Subject, Topic};
use crate::classifier_kind::ClassifierKind;
use crate::conformance::outcome::{Outcome, Step, must};
use crate::conformance::probe::description_of_size;
use crate::extractor_kind::ExtractorKind;
use std::collections::BTreeSet;
use undertone_plugin_abi::{ClassifierDescription, ExtractorDescription};

pub(super) const OF_EXTRACTORS: &[Case] = &[
    Case::new(
        Topic::Extractor,
        "extractor-description",
        "Frames are described: 16 kHz, at least one value, a hop and a window.",
        extractor,
    ),
    Case::new(
        Topic::Extractor,
        "extractor-description-texts",
        "The fingerprint and the distinct names of the columns are UTF-8 text that is not empty.",
        texts,
    ),
    Case::new(
        Topic::Extractor,
        "extractor-description-constant",
        "The description is the same each time and on every thread.",
        extractor_constant,
    ),
    Case::new(
        Topic::Extractor,
        "extractor-description-size",
        "A description is not written to behind the size that the host gives.",
        extractor_size,
    ),
];

pub(super) const OF_CLASSIFIERS: &[Case] = &[
    Case::new(
        Topic::Classifier,
        "classifier-description",
        "A classifier takes at least one value per frame and gives at least one score.",
        |subject| {
            subject
                .classifier()
                .map(drop)
                .map_err(|stop| stop.blamed(&[Step::Configuration, Step::Description]))
        },
    ),
    Case::new(
        Topic::Classifier,
        "classifier-description-told",
        "A classifier takes as many values and gives as many scores as its bundle says.",
        as_told,
    ),
    Case::new(
        Topic::Classifier,
        "classifier-description-constant",
        "The description is the same each time and on every thread.",
        classifier_constant,
    ),
    Case::new(
        Topic::Classifier,
        "classifier-description-size",
        "A description is not written to behind the size that the host gives.",
        classifier_size,
    ),
];

fn extractor(subject: &Subject) -> Outcome {
    // Whoever asks for the description looks at all of this.
    subject.extractor().map(drop).map_err(|stop| stop.blamed(&[Step::Description]))
}

fn texts(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    must(!kind.fingerprint.trim().is_empty(), || "its fingerprint is empty".to_owned())?;
    let columns = &kind.layout.columns;
    let distinct: BTreeSet<_> = columns.iter().filter(|name| !name.trim().is_empty()).collect();
    must(distinct.len() == columns.len(), || format!("its columns are {columns:?}"))
}

type Said = (u32, u32, u32, u32, String, Vec<String>);

fn extractor_constant(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let first = said(&kind)?;
    for found in on_threads(4, |_| said(&kind))? {
        must(found == first, || format!("it says {found:?} instead of {first:?}"))?;
    }
    Ok(())
}

fn said(kind: &ExtractorKind) -> Outcome<Said> {
    let (layout, fingerprint) = kind.described()?;
    let grid = layout.grid;
    let dim = layout.dim as u32;
    Ok((dim, grid.hop_samples, grid.window_samples, layout.look_ahead_frames, fingerprint, layout.columns))
}

fn extractor_size(subject: &Subject) -> Outcome {
    let kind = subject.extractor()?;
    let describe = kind.functions.describe;
    for size in [4, 8, 24, size_of::<ExtractorDescription>()] {
        // SAFETY: the description has room for all of it, whatever its size says.
        description_of_size(size, |out, error| unsafe { describe(kind.plugin.raw(), out, error) })?;
    }
    Ok(())
}

fn as_told(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let Some((dim, labels)) = subject.told_shape()? else { return Ok(()) };
    must((kind.rules.dim, kind.label_count) == (dim, labels), || {
        let (found_dim, found_labels) = (kind.rules.dim, kind.label_count);
        format!(
            "it takes {found_dim} values instead of {dim}, gives {found_labels} scores instead of {labels}"
        )
    })
}

fn classifier_constant(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let first = (kind.rules.dim, kind.label_count);
    for found in on_threads(4, |_| described(&kind))? {
        must(found == first, || format!("it says {found:?} instead of {first:?}"))?;
    }
    Ok(())
}

fn described(kind: &ClassifierKind) -> Outcome<(usize, usize)> {
    let description = kind.described()?;
    Ok((description.dim as usize, description.label_count as usize))
}

fn classifier_size(subject: &Subject) -> Outcome {
    let kind = subject.classifier()?;
    let describe = kind.functions.describe;
    for size in [4, 8, size_of::<ClassifierDescription>()] {
        // SAFETY: the description has room for all of it, whatever its size says.
        description_of_size(size, |out, error| unsafe { describe(kind.plugin.raw(), out, error) })?;
    }
    Ok(())
}
