//! Nothing is allocated once the extractor is made and the caller's buffer has grown.

use undertone_core::Frames;
use undertone_features::{FeatureExtractor, Recipe};

#[test]
fn streams_allocate_nothing_in_steady_state() {
    let clip: Vec<f32> = (0..16_000).map(|n| (n as f32 * 0.055).sin()).collect();
    for name in Recipe::names() {
        let mut extractor = FeatureExtractor::new(&Recipe::named(name).unwrap()).unwrap();
        let mut frames = Frames::new(extractor.layout().dim);
        frames.grow(clip.len() / 160);
        frames.clear();
        let counted = allocation_counter::measure(|| {
            for piece in clip.chunks(333) {
                extractor.push(piece, &mut frames);
            }
            extractor.finish(&mut frames);
            frames.clear();
            extractor.push(&clip[..1_000], &mut frames);
            extractor.finish(&mut frames);
        });
        assert_eq!(counted.count_total, 0, "{name}");
    }
}
