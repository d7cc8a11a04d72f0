//! What a process may leave in the shared memory, for tests that feed the server with anything.

use super::area::SharedArea;
use super::message::{self, Call};
use super::order::Shape;
use super::passage;
use super::places::Places;
use super::tally::{self, Tally, Totals};
use undertone_core::{Frames, PluginError};

const SHAPE: Shape = Shape { dim: 2, labels: 3, state_values: 5 };
/// Frames of the items of a call.
const ITEMS: [usize; 3] = [4, 7, 1];
const SAMPLES: usize = 320;

/// Reads `content` as the server reads every kind of answer; how many of them say something, be it a refusal.
pub fn read_as_server(content: &[u8]) -> usize {
    let area = area();
    area.put(0, &content[..content.len().min(area.length())]);
    let _ = message::text(&area);
    let mut good = 0;
    for call in [Call::Classify, Call::Advance] {
        good += usize::from(message::answered(&area, call, "p").is_ok());
        let mut places = Places::default();
        let count = places.lay_out(SHAPE, call, ITEMS.into_iter(), area.length());
        let outcomes = (0..count).map(|item| places.outcome(&area, item, "p"));
        good += outcomes.filter(|own| matches!(own, Ok(_) | Err(PluginError::Refused { .. }))).count();
    }
    let mut frames = Frames::new(SHAPE.dim);
    good += usize::from(passage::take_frames(&area, SAMPLES, &mut frames).is_some());
    assert!(frames.values().iter().all(|value| value.is_finite()), "frames that are taken are finite");
    let _ = passage::place(&area);
    let totals = Totals::default();
    Tally::default().take(&area, "p", &totals);
    good + totals.all().values().map(|counters| counters.len()).sum::<usize>()
}

/// Memory as processes leave it that keep to the rules: behind scores, behind a refusal, behind frames.
pub fn answers() -> Vec<Vec<u8>> {
    let scored = area();
    let mut places = Places::default();
    let count = places.lay_out(SHAPE, Call::Advance, ITEMS.into_iter(), scored.length());
    places.note_frames(&scored);
    (0..count).for_each(|item| places.put_outcome(&scored, item, &Ok(vec![0.5, -1.0, 2.0])));
    message::answer(&scored, &Ok(()));
    tally::put(&scored, 1, &[("opened".to_owned(), 2)].into());

    let refused = area();
    let error =
        PluginError::Refused { plugin: String::new(), what: "an item".into(), message: "too long".into() };
    (0..count).for_each(|item| places.put_outcome(&refused, item, &Err(error.clone())));
    message::answer(&refused, &Err(error));

    let framed = area();
    passage::put_samples(&framed, &[0.0; SAMPLES]);
    let mut frames = Frames::new(SHAPE.dim);
    frames.push_row(&[0.25, 1.0]);
    passage::put_frames(&framed, &frames);
    message::answer(&framed, &Ok(()));
    [scored, refused, framed].map(|area| content(&area)).into()
}

fn area() -> SharedArea {
    SharedArea::new(1 << 14).expect("there is memory")
}

fn content(area: &SharedArea) -> Vec<u8> {
    let mut content = vec![0; area.length()];
    area.get(0, &mut content);
    content
}
