//! Networks that answer together.

use super::{Batch, Interface, Network, Pass, Phase, Signal};
use crate::onnx::{Axis, Constants, GraphBuilder, ModelProto};
use crate::{MIN_FRAMES, TrainError};
use prost::Message;
use undertone_core::FramesView;

/// Networks of one architecture that learnt from the same clips from other random starts. Their answer is the mean
/// of their logits (Hansen and Salamon 1990). Often there is only one.
#[derive(Debug, Clone)]
pub struct Ensemble {
    members: Vec<Network>,
}

impl From<Network> for Ensemble {
    fn from(network: Network) -> Self {
        Self { members: vec![network] }
    }
}

impl Ensemble {
    /// All of `members` together.
    ///
    /// # Panics
    /// When there are none, or when they differ in architecture, interface or input scale.
    pub fn new(members: Vec<Network>) -> Self {
        let first = members.first().expect("an ensemble has members");
        assert!(members.iter().all(|member| member.is_like(first)), "the members are of one kind");
        Self { members }
    }

    /// The networks.
    pub fn members(&self) -> &[Network] {
        &self.members
    }

    /// What goes in and what comes out.
    pub fn interface(&self) -> Interface {
        self.members[0].interface
    }

    /// How many learnt values there are.
    pub fn learnt(&self) -> usize {
        self.members.iter().map(|member| member.parameters().learnt()).sum()
    }

    /// Multiplications and additions for one utterance of so many frames, those of convolutions, matrices and
    /// pooling.
    pub fn macs(&self, frames: usize) -> usize {
        self.members.iter().map(|member| member.macs(frames)).sum()
    }

    /// Logits of each utterance, computed in one batch; an utterance's logits do not depend on its neighbours.
    /// Fails for an utterance of fewer than [`MIN_FRAMES`] frames or of another `dim`.
    pub fn logits(&self, utterances: &[FramesView<'_>]) -> Result<Vec<Vec<f32>>, TrainError> {
        let Interface { dim: expected_dim, labels } = self.interface();
        for utterance in utterances {
            if utterance.dim != expected_dim || utterance.len() < MIN_FRAMES {
                let (frames, dim) = (utterance.len(), utterance.dim);
                return Err(TrainError::Utterance { frames, dim, expected_dim });
            }
        }
        if utterances.is_empty() {
            return Ok(Vec::new());
        }
        let normalised: Vec<Vec<f32>> =
            utterances.iter().map(|utterance| self.members[0].normalised(utterance.values)).collect();
        let logits = self.answer(&Batch::whole(&normalised, expected_dim));
        Ok(logits.values.chunks_exact(labels).map(<[f32]>::to_vec).collect())
    }

    /// A row of logits for every answer of the batch.
    pub(crate) fn answer(&self, batch: &Batch) -> Signal {
        let answer = |member: &Network| {
            let mut pass = Pass::new(member.parameters(), Phase::Inference);
            member.forward(&mut pass, batch.clone()).0
        };
        let mut sum = answer(&self.members[0]);
        for member in &self.members[1..] {
            sum.values.iter_mut().zip(answer(member).values).for_each(|(sum, value)| *sum += value);
        }
        let share = 1.0 / self.members.len() as f32;
        sum.values.iter_mut().for_each(|value| *value *= share);
        sum
    }

    /// What [`crate::quantize`] makes of the ensemble's graph, as networks again: they answer as that graph does.
    pub fn in_8_bits(&self) -> Self {
        let mut model = ModelProto::decode(self.to_onnx().as_slice()).expect("it was just encoded");
        model.quantize_weights();
        let constants = Constants::of(&model);
        let mut members = self.members.clone();
        match members.as_mut_slice() {
            [alone] => alone.read_back(&constants),
            members => {
                for (index, member) in members.iter_mut().enumerate() {
                    member.read_back(&constants.scoped(&scope(index)));
                }
            }
        }
        Self { members }
    }

    /// The ensemble as an encoded ONNX model: `frames` `[batch, time, dim]` without padding to `logits`
    /// `[batch, label]`, both f32, any batch and any time of at least [`MIN_FRAMES`].
    pub fn to_onnx(&self) -> Vec<u8> {
        let Interface { dim, labels } = self.interface();
        let mut graph = GraphBuilder::new("undertone");
        let (frames, first) = ("frames", &self.members[0]);
        let scaled = first.input_scale().export(&mut graph, &first.parameters, frames);
        let logits = match self.members.as_slice() {
            [alone] => alone.export(&mut graph, &scaled),
            members => export_mean(members, &mut graph, &scaled),
        };
        graph.rename_output(&logits, "logits");
        let input = [Axis::Named("batch"), Axis::Named("time"), Axis::Fixed(dim)];
        let output = [Axis::Named("batch"), Axis::Fixed(labels)];
        graph.finish((frames, &input), ("logits", &output))
    }
}

/// What the names of a member's constants begin with, where there are several.
fn scope(index: usize) -> String {
    format!("member{}.", index + 1)
}

fn export_mean(members: &[Network], graph: &mut GraphBuilder, scaled: &str) -> String {
    let mut answers = Vec::with_capacity(members.len());
    for (index, member) in members.iter().enumerate() {
        graph.scope(&scope(index));
        answers.push(member.export(graph, scaled));
    }
    graph.scope("");
    let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
    graph.node("Mean", &answers, &[])
}
