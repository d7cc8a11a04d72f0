//! How samples are cut into calls, and what happened before, never changes a frame.

use proptest::prelude::*;
use undertone_core::Frames;
use undertone_features::{Block, FeatureExtractor, Recipe};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_gives_the_frames_of_the_whole_clip(
        samples in 0_usize..6_000,
        seed in any::<u32>(),
        cuts in prop::collection::vec(0_usize..6_000, 0..40),
    ) {
        let clip = clip(samples, seed);
        for (name, recipe) in recipes() {
            let whole = in_pieces(&mut extractor(&recipe), &clip, &[]);
            let pieces = in_pieces(&mut extractor(&recipe), &clip, &cuts);
            prop_assert_eq!(bits(&whole), bits(&pieces), "{}", name);
        }
    }
}

#[test]
fn samples_one_by_one_give_the_frames_of_the_whole_clip() {
    let clip = clip(4_000, 7);
    let cuts: Vec<usize> = (0..clip.len()).collect();
    for (name, recipe) in recipes() {
        let whole = in_pieces(&mut extractor(&recipe), &clip, &[]);
        assert_eq!(bits(&whole), bits(&in_pieces(&mut extractor(&recipe), &clip, &cuts)), "{name}");
    }
}

#[test]
fn frames_are_as_many_as_whole_windows_fit() {
    for (name, recipe) in recipes() {
        for samples in [0, 1, 399, 400, 401, 559, 560, 400 + 7 * 160, 400 + 8 * 160, 16_000] {
            let mut extractor = extractor(&recipe);
            let frames = in_pieces(&mut extractor, &clip(samples, 1), &[]);
            let expected = extractor.layout().grid.complete_within(samples as u64);
            assert_eq!(frames.len() as u64, expected, "{name}, {samples} samples");
            assert!(frames.values().iter().all(|value| value.is_finite()), "{name}, {samples} samples");
        }
    }
}

#[test]
fn an_extractor_that_was_reset_or_finished_is_as_new() {
    let (before, clip) = (clip(5_000, 3), clip(3_000, 4));
    for (name, recipe) in recipes() {
        let fresh = in_pieces(&mut extractor(&recipe), &clip, &[]);
        let mut used = extractor(&recipe);
        used.push(&before, &mut Frames::new(used.layout().dim));
        used.reset();
        assert_eq!(bits(&in_pieces(&mut used, &clip, &[])), bits(&fresh), "{name} after a reset");
        assert_eq!(bits(&in_pieces(&mut used, &clip, &[])), bits(&fresh), "{name} after a finish");
    }
}

#[test]
fn no_call_appends_more_frames_than_announced() {
    for (name, recipe) in recipes() {
        let mut extractor = extractor(&recipe);
        let mut frames = Frames::new(extractor.layout().dim);
        for piece in clip(20_000, 5).chunks(333) {
            let before = frames.len();
            extractor.push(piece, &mut frames);
            assert!(frames.len() - before <= extractor.max_frames_for(piece.len()), "{name}");
        }
        let before = frames.len();
        extractor.finish(&mut frames);
        assert!(frames.len() - before <= extractor.max_frames_for(0), "{name}");
    }
}

#[test]
fn a_frame_waits_for_no_more_frames_than_the_layout_says() {
    for (name, recipe) in recipes() {
        let mut extractor = extractor(&recipe);
        let mut frames = Frames::new(extractor.layout().dim);
        let layout = extractor.layout().clone();
        let mut pushed = 0;
        for piece in clip(6_000, 6).chunks(160) {
            extractor.push(piece, &mut frames);
            pushed += piece.len() as u64;
            let complete = layout.grid.complete_within(pushed);
            let due = complete.saturating_sub(u64::from(layout.look_ahead_frames));
            assert!(frames.len() as u64 >= due, "{name} after {pushed} samples");
        }
    }
}

#[test]
fn samples_that_are_not_finite_do_not_panic_and_spoil_only_frames_that_hold_them() {
    for bad in [f32::NAN, f32::INFINITY, f32::MAX] {
        let mut spoiled = clip(8_000, 8);
        spoiled[0] = bad;
        for (name, recipe) in recipes() {
            let clean = in_pieces(&mut extractor(&recipe), &clip(8_000, 8), &[]);
            let frames = in_pieces(&mut extractor(&recipe), &spoiled, &[]);
            // Pitch looks 400 samples back and the first deltas 8 frames ahead.
            let untouched = 12 * frames.dim();
            assert_eq!(clean.values()[untouched..], frames.values()[untouched..], "{name}");
        }
    }
}

/// The named recipes, and one with all blocks, where the columns behind the cepstra wait for the deltas.
fn recipes() -> Vec<(&'static str, Recipe)> {
    let named = |name: &&'static str| (*name, Recipe::named(name).expect("a named recipe"));
    let mut recipes: Vec<_> = Recipe::names().iter().map(named).collect();
    let mut everything = Recipe::named("logmel64").expect("a named recipe");
    let blocks = ["mfcc13-deltas", "prosody"]
        .map(|name| Recipe::named(name).expect("a named recipe").blocks.remove(0));
    everything.blocks.extend::<[Block; 2]>(blocks);
    recipes.push(("everything", everything));
    recipes
}

fn extractor(recipe: &Recipe) -> FeatureExtractor {
    FeatureExtractor::new(recipe).expect("a valid recipe")
}

fn in_pieces(extractor: &mut FeatureExtractor, clip: &[f32], cuts: &[usize]) -> Frames {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| (*cut).min(clip.len())).collect();
    cuts.extend([0, clip.len()]);
    cuts.sort_unstable();
    let mut frames = Frames::new(extractor.layout().dim);
    for ends in cuts.windows(2) {
        extractor.push(&clip[ends[0]..ends[1]], &mut frames);
    }
    extractor.finish(&mut frames);
    frames
}

fn bits(frames: &Frames) -> Vec<u32> {
    frames.values().iter().map(|value| value.to_bits()).collect()
}

/// A buzz at about 140 Hz with some noise from xorshift32.
fn clip(samples: usize, seed: u32) -> Vec<f32> {
    let mut state = seed | 1;
    (0..samples)
        .map(|n| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let noise = state as f32 / u32::MAX as f32 - 0.5;
            (n as f32 * 0.055).sin() * 0.3 + noise * 0.05
        })
        .collect()
}
