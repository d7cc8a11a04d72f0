//! A process that makes frames, of several streams.

use super::area::SharedArea;
use super::message::Call;
use super::order::Framing;
use super::passage;
use super::serve::{Desk, wrong};
use crate::extractor::PluginExtractor;
use crate::extractor_kind::ExtractorKind;
use crate::{HostError, PluginHost};
use std::sync::Arc;
use undertone_bundle::Bundle;
use undertone_core::{Extractor, Frames, PluginError};

/// An extractor plugin with an instance for each stream that has a place here.
pub(super) struct FrameMaking {
    kind: Arc<ExtractorKind>,
    places: Vec<Option<PluginExtractor>>,
    /// Of the last call.
    frames: Frames,
}

impl FrameMaking {
    /// Loads it as a server does that runs it itself.
    pub(super) fn load(host: &PluginHost, bundle: &Bundle) -> Result<Self, HostError> {
        let kind = Arc::new(host.extractor_here(bundle, Arc::default())?);
        let frames = Frames::new(kind.layout.dim);
        Ok(Self { kind, places: Vec::new(), frames })
    }

    pub(super) fn framing(&self) -> Framing {
        Framing::of(&self.kind.layout, &self.kind.fingerprint)
    }

    fn open(&mut self, area: &SharedArea) -> Result<(), PluginError> {
        let extractor = self.kind.extractor()?;
        let free = self.places.iter().position(Option::is_none);
        let place = free.unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.places[place] = Some(extractor);
        passage::put_place(area, place as u32);
        Ok(())
    }

    fn make_frames(&mut self, area: &SharedArea, call: Call, place: usize) -> Result<(), PluginError> {
        let extractor = of(&mut self.places, place)?;
        let samples = passage::samples(area).ok_or_else(|| wrong("there are too many samples"))?;
        self.frames.clear();
        match call {
            Call::Push => extractor.push(&samples, &mut self.frames)?,
            _ => extractor.finish(&mut self.frames)?,
        }
        match passage::put_frames(area, &self.frames) {
            true => Ok(()),
            false => Err(wrong("the frames have no room in the shared memory")),
        }
    }
}

impl Desk for FrameMaking {
    fn answer(&mut self, area: &SharedArea, call: Call, place: usize) -> Result<(), PluginError> {
        match call {
            Call::Open => self.open(area),
            Call::Push | Call::Finish => self.make_frames(area, call, place),
            Call::Reset => of(&mut self.places, place)?.reset(passage::reason(area)),
            Call::Close => {
                self.places.get_mut(place).and_then(Option::take);
                Ok(())
            }
            Call::Load | Call::Classify | Call::Advance => Err(wrong("it was asked for something else")),
        }
    }
}

fn of(places: &mut [Option<PluginExtractor>], place: usize) -> Result<&mut PluginExtractor, PluginError> {
    let extractor = places.get_mut(place).and_then(Option::as_mut);
    extractor.ok_or_else(|| wrong("no stream has that place"))
}
