//! One worker's runs.

use crate::plans::{Plans, sizes, sizes_up_to};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use tract_onnx::prelude::{IntoTValue, TValue, TVec, Tensor, TypedRunnableModel};
use undertone_plugin_graph::{Configuration, Inputs, Outputs, Runner};

/// One worker's runs of a graph.
pub(crate) struct TractRunner {
    plans: Arc<Plans>,
    /// Those that it needed, by the size of the batch.
    own: BTreeMap<usize, Arc<TypedRunnableModel>>,
    dim: usize,
    /// Lengths of each state for one stream.
    shapes: Vec<Vec<usize>>,
    scores: Vec<f32>,
    /// Of all streams of a call, as they came out.
    after: Vec<Vec<f32>>,
}

impl TractRunner {
    pub(crate) fn new(plans: Arc<Plans>, configuration: &Configuration) -> Self {
        let shapes: Vec<Vec<usize>> = configuration.states.iter().map(|state| state.shape.clone()).collect();
        let after = vec![Vec::new(); shapes.len()];
        let dim = configuration.dim as usize;
        Self { plans, own: BTreeMap::new(), dim, shapes, scores: Vec::new(), after }
    }

    fn plan(&mut self, size: usize) -> Result<&Arc<TypedRunnableModel>, String> {
        Ok(match self.own.entry(size) {
            Entry::Occupied(own) => own.into_mut(),
            Entry::Vacant(free) => free.insert(self.plans.of(size)?),
        })
    }

    /// Runs the streams from `first` on that go in one run.
    fn run_some(&mut self, first: usize, size: usize, inputs: Inputs<'_>) -> Result<(), String> {
        let values = self.values(first, size, inputs)?;
        // Each run begins anew: in a state of tract's own that went on, recurrent layers would remember the run before.
        let outputs = self.plan(size)?.run(values).map_err(|why| format!("{why:#}"))?;
        let (scores, after) = outputs.split_first().ok_or("nothing came out")?;
        self.scores.extend_from_slice(floats(scores)?);
        for (kept, value) in self.after.iter_mut().zip(after) {
            kept.extend_from_slice(floats(value)?);
        }
        Ok(())
    }

    fn values(&self, first: usize, size: usize, inputs: Inputs<'_>) -> Result<TVec<TValue>, String> {
        let Inputs { time, frames, states, .. } = inputs;
        let of_one = time * self.dim;
        let frames = &frames[first * of_one..(first + size) * of_one];
        let mut values = TVec::new();
        values.push(tensor(&[size, time, self.dim], frames)?);
        for (shape, before) in self.shapes.iter().zip(states) {
            let of_one: usize = shape.iter().product();
            let shape: Vec<usize> = [size].iter().chain(shape).copied().collect();
            values.push(tensor(&shape, &before[first * of_one..(first + size) * of_one])?);
        }
        Ok(values)
    }
}

impl Runner for TractRunner {
    type Error = String;

    fn prepare(&mut self, usual_batch: usize) -> Result<(), String> {
        let largest = if self.shapes.is_empty() { 1 } else { usual_batch };
        sizes_up_to(largest).try_for_each(|size| self.plan(size).map(drop))
    }

    fn run(&mut self, inputs: Inputs<'_>, take: impl FnOnce(Outputs<'_>)) -> Result<(), String> {
        self.scores.clear();
        self.after.iter_mut().for_each(Vec::clear);
        let mut first = 0;
        for size in sizes(inputs.batch) {
            self.run_some(first, size, inputs)?;
            first += size;
        }
        let states: Vec<&[f32]> = self.after.iter().map(Vec::as_slice).collect();
        take(Outputs { scores: &self.scores, states: &states });
        Ok(())
    }
}

fn tensor(shape: &[usize], values: &[f32]) -> Result<TValue, String> {
    Tensor::from_shape(shape, values).map(IntoTValue::into_tvalue).map_err(|why| format!("{why:#}"))
}

fn floats(value: &TValue) -> Result<&[f32], String> {
    let view = value.try_as_plain_ram().and_then(|view| view.as_slice::<f32>());
    view.map_err(|why| format!("{why:#}"))
}
