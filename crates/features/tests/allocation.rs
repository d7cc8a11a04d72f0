//! Nothing is allocated once the extractor is made and the caller's buffer has grown.

use undertone_core::Frames;
use undertone_features::{FeatureExtractor, Mel, MelBands, MelNorm, MelScale, Recipe};

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

#[test]
fn bands_of_single_frames_allocate_nothing() {
    let mel = Mel { bins: 40, f_min_hz: 72.0, f_max_hz: 7_600.0, scale: MelScale::Htk, norm: MelNorm::None };
    let (bands, frame) = (MelBands::on_bins(&mel, 768, 1024, 16_000), [0.5; 768]);
    let counted = allocation_counter::measure(|| bands.of(&frame, &mut [0.0; 40]));
    assert_eq!(counted.count_total, 0);
}
