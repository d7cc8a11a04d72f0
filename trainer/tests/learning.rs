//! Learning is repeatable, can be taken up again, and learns.

use std::path::Path;
use undertone_core::FramesView;
use undertone_trainer::training::{Augmentation, Example, Plan, Run, Start};
use undertone_trainer::{
    Architecture, Body, CnnShape, Context, Ensemble, Interface, LstmShape, Network, Normalisation,
    Parameters, Random,
};

const DIM: usize = 8;
const LABELS: usize = 2;

fn small() -> [Architecture; 3] {
    let architecture =
        |context, body| Architecture { context, normalisation: Normalisation::Utterance, body };
    let cnn = Body::Cnn(CnnShape { channels: [3, 3, 4, 4], attention: 4 });
    let lstm = Body::Lstm(LstmShape { channels: [3, 3, 4], projection: 6, hidden: 5, attention: 4 });
    [
        architecture(Context::Full, cnn.clone()),
        architecture(Context::Full, lstm),
        architecture(Context::Causal, cnn),
    ]
}

/// Clips whose label is whether the low or the high bins change over time.
fn clips(count: usize) -> Vec<(Vec<f32>, usize)> {
    let mut random = Random::new(2, 2);
    let mut clip = |index: usize| {
        let label = index % LABELS;
        let frames = 16 + random.below(12);
        let mut values = Vec::with_capacity(frames * DIM);
        for frame in 0..frames {
            for bin in 0..DIM {
                let moves = usize::from(bin >= DIM / 2) == label;
                let wave = if moves { (frame as f32 * 0.9).sin() * 3.0 } else { 0.0 };
                values.push(wave + 0.3 * random.normal());
            }
        }
        (values, label)
    };
    (0..count).map(&mut clip).collect()
}

fn examples(clips: &[(Vec<f32>, usize)]) -> Vec<Example<'_>> {
    let clips = clips.iter();
    clips
        .map(|(values, label)| Example { utterances: vec![FramesView { dim: DIM, values }], label: *label })
        .collect()
}

fn plan(seed: u32, epochs: usize) -> Plan {
    let augmentation =
        Augmentation { crop_frames: 20, mask_bins: 2, mask_frames: 3, ..Augmentation::default() };
    Plan { seed, epochs, batch: 8, average_decay: 0.8, augmentation, ..Plan::default() }
}

fn start(architecture: Architecture, plan: Plan) -> Run {
    let interface = Interface { dim: DIM, labels: LABELS };
    let network = Network::new(architecture, interface, u64::from(plan.seed));
    Run::new(Start { network, plan, teacher: None, origin: String::new() })
}

fn advance(run: &mut Run, examples: &[Example<'_>], epochs: usize) {
    for _ in 0..epochs {
        run.epoch(examples, |_| Ok(None)).expect("finite");
    }
}

fn parameters(run: &Run) -> Parameters {
    run.averaged().parameters().clone()
}

#[test]
fn one_seed_gives_one_result() {
    let clips = clips(19);
    let examples = examples(&clips);
    for architecture in small() {
        let train = |seed| {
            let mut run = start(architecture.clone(), plan(seed, 2));
            advance(&mut run, &examples, 2);
            parameters(&run)
        };
        assert_eq!(train(1), train(1));
        assert_ne!(train(1), train(2));
    }
}

#[test]
fn a_run_that_was_stopped_and_taken_up_gives_the_same_as_one_that_was_not() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clips = clips(19);
    let examples = examples(&clips);
    for architecture in small() {
        let mut whole = start(architecture.clone(), plan(1, 3));
        advance(&mut whole, &examples, 3);

        let file = folder.path().join("checkpoint.safetensors");
        let mut stopped = start(architecture, plan(1, 3));
        advance(&mut stopped, &examples, 1);
        stopped.save(&file).expect("writable");
        let mut taken_up = Run::load(&file, None).expect("just written");
        advance(&mut taken_up, &examples, 2);

        assert_eq!(parameters(&whole), parameters(&taken_up));
        assert_eq!(whole.reports(), taken_up.reports());
        assert!(taken_up.is_finished());
    }
}

#[test]
fn networks_learn_what_is_easy() {
    let clips = clips(32);
    let examples = examples(&clips);
    for architecture in small() {
        let mut run = start(architecture, Plan { learning_rate: 1e-2, ..plan(1, 12) });
        advance(&mut run, &examples, 12);
        let network = run.averaged();
        let right = |example: &&Example<'_>| {
            let logits =
                &Ensemble::from(network.clone()).logits(&example.utterances).expect("good utterances")[0];
            usize::from(logits[1] > logits[0]) == example.label
        };
        let right = examples.iter().filter(right).count();
        assert!(right >= 30, "{right} of {}: {:?}", examples.len(), run.reports());
    }
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("checkpoint.safetensors");
    let [architecture, ..] = small();
    start(architecture, plan(1, 1)).save(&file).expect("writable");
    let bytes = std::fs::read(&file).expect("just written");
    refused(&file, &bytes[..bytes.len() / 2]);
    let renamed = String::from_utf8_lossy(&bytes[..200]).replace("plan", "plot").into_bytes();
    refused(&file, &[renamed, bytes[200..].to_vec()].concat());
    refused(&file, b"");
}

fn refused(file: &Path, bytes: &[u8]) {
    std::fs::write(file, bytes).expect("writable");
    assert!(Run::load(file, None).is_err());
}

#[test]
fn learning_that_leaves_the_numbers_is_reported() {
    let clips = vec![(vec![f32::INFINITY; 20 * DIM], 0), (vec![0.0; 20 * DIM], 1)];
    let [architecture, ..] = small();
    let mut run = start(architecture, plan(1, 1));
    assert!(run.epoch(&examples(&clips), |_| Ok(None)).is_err());
}

#[test]
fn the_number_of_threads_does_not_change_the_result() {
    let clips = clips(19);
    let examples = examples(&clips);
    for architecture in small() {
        let train = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            pool.install(|| {
                let mut run = start(architecture.clone(), plan(1, 2));
                advance(&mut run, &examples, 2);
                parameters(&run)
            })
        };
        assert_eq!(train(1), train(2));
    }
}

#[test]
fn a_pupil_learns_what_its_teacher_says_and_not_the_labels() {
    let clips = clips(32);
    let honest = examples(&clips);
    let [architecture, ..] = small();
    let mut teacher = start(architecture.clone(), Plan { learning_rate: 1e-2, ..plan(1, 12) });
    advance(&mut teacher, &honest, 12);

    let mut misled = examples(&clips);
    misled.iter_mut().for_each(|example| example.label = 0);
    let plan = Plan { learning_rate: 1e-2, teacher_share: 1.0, ..plan(2, 12) };
    let network = Network::new(architecture, Interface { dim: DIM, labels: LABELS }, 2);
    let mut pupil =
        Run::new(Start { network, plan, teacher: Some(teacher.averaged().into()), origin: String::new() });
    advance(&mut pupil, &misled, 12);
    let network = pupil.averaged();
    let right = |example: &&Example<'_>| {
        let logits =
            &Ensemble::from(network.clone()).logits(&example.utterances).expect("good utterances")[0];
        usize::from(logits[1] > logits[0]) == example.label
    };
    assert!(honest.iter().filter(right).count() >= 28);
}
