//! Slopes that the backward calls give, against the change of the loss.

use super::{Architecture, Batch, Body, CnnShape, Context, LstmShape, Normalisation, Pass, Phase, Signal};
use crate::{Interface, Network, Random, Role};

const DIM: usize = 20;
const LABELS: usize = 3;
/// Large enough for single precision, small enough that few rectifiers switch.
const STEP: f32 = 1e-3;

fn networks() -> Vec<Network> {
    let bodies = [
        Body::Cnn(CnnShape { channels: [6, 8, 10, 12], attention: 8 }),
        Body::Lstm(LstmShape { channels: [6, 8, 10], projection: 12, hidden: 8, attention: 8 }),
    ];
    let contexts = [Context::Full, Context::Causal];
    let both = bodies.into_iter().flat_map(|body| contexts.map(|context| (body.clone(), context)));
    let network = |(body, context)| {
        let architecture = Architecture { context, normalisation: Normalisation::Utterance, body };
        Network::new(architecture, Interface { dim: DIM, labels: LABELS }, 4)
    };
    both.map(network).collect()
}

/// Three utterances of different lengths; the first is answered early, too.
fn batch() -> Batch {
    let mut random = Random::new(9, 0);
    let utterances = [83, 140, 96].map(|frames| (0..frames * DIM).map(|_| random.normal()).collect());
    let mut batch = Batch::whole(&utterances, DIM);
    batch.prefixes[0].push(40);
    batch
}

/// A weighted sum of the logits, and its slope by them.
fn loss(network: &Network) -> (f64, super::NetworkTrace, Signal) {
    let mut pass = Pass::new(network.parameters(), Phase::Training(Random::new(5, 5)));
    let (logits, trace) = network.forward(&mut pass, batch());
    let weights: Vec<f32> = (0..logits.values.len()).map(|index| (index as f32 * 0.7).sin()).collect();
    let loss = logits.values.iter().zip(&weights).map(|(value, weight)| f64::from(value * weight)).sum();
    (loss, trace, logits.like(weights))
}

#[test]
fn along_its_gradient_the_loss_changes_by_the_gradients_length() {
    for network in networks() {
        let (_, trace, slope) = loss(&network);
        let gradients = network.backward(trace, &slope).by_name;
        let learnt = network.parameters().iter().filter(|(_, parameter)| parameter.role != Role::Statistic);
        for (name, parameter) in learnt {
            let slopes = &gradients[name];
            assert_eq!(slopes.len(), parameter.values.len(), "{name}");
            let length = slopes.iter().map(|slope| slope * slope).sum::<f32>().sqrt();
            let at = |step: f32| {
                let mut moved = network.clone();
                let values = &mut moved.parameters_mut().get_mut(name).values;
                values.iter_mut().zip(slopes).for_each(|(value, slope)| *value += step * slope / length);
                loss(&moved).0
            };
            let measured = ((at(STEP) - at(-STEP)) / f64::from(2.0 * STEP)) as f32;
            let error = (measured - length).abs();
            let Architecture { context, body, .. } = network.architecture();
            assert!(error < 0.03 * length + 2e-3, "{body:?} {context:?} {name}: {length} is not {measured}");
        }
    }
}
