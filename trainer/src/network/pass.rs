//! One forward pass: parameters as tensors, and what the pass leaves behind.

use crate::{Parameters, Random, Role};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use std::collections::BTreeMap;

/// Whether the pass learns.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Batch statistics, dropout and gradients.
    Training(Random),
    /// Running statistics, nothing random.
    Inference,
}

/// The parameters of a network as tensors, for one forward pass.
pub(crate) struct Pass {
    device: Device,
    phase: Phase,
    flat: BTreeMap<String, (Tensor<1>, Vec<usize>)>,
    statistics: Vec<(String, Tensor<1>)>,
}

impl Pass {
    pub(crate) fn new(parameters: &Parameters, phase: Phase) -> Self {
        let learns = matches!(phase, Phase::Training(_));
        let device = if learns { Device::flex().autodiff() } else { Device::flex() };
        let tensors = parameters.iter().map(|(name, parameter)| {
            let data = TensorData::new(parameter.values.clone(), [parameter.values.len()]);
            let tensor = Tensor::<1>::from_data(data, &device);
            let tracked = learns && parameter.role != Role::Statistic;
            let tensor = if tracked { tensor.require_grad() } else { tensor };
            (name.to_owned(), (tensor, parameter.shape.clone()))
        });
        let flat = tensors.collect();
        Self { device, phase, flat, statistics: Vec::new() }
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn learns(&self) -> bool {
        matches!(self.phase, Phase::Training(_))
    }

    /// The parameter `prefix.name` in its declared shape.
    ///
    /// # Panics
    /// When no layer declared it with `D` axes.
    pub(crate) fn parameter<const D: usize>(&self, prefix: &str, name: &str) -> Tensor<D> {
        let full_name = format!("{prefix}.{name}");
        let (tensor, shape) = self.flat.get(&full_name).expect("layers read what they declared");
        let shape: [usize; D] = shape.as_slice().try_into().expect("layers know their own shapes");
        tensor.clone().reshape(shape)
    }

    /// Keeps a statistic of this batch for the running one of the same name.
    pub(crate) fn note_statistic(&mut self, prefix: &str, name: &str, value: Tensor<1>) {
        self.statistics.push((format!("{prefix}.{name}"), value));
    }

    /// Zeroes values at random and scales up the others (Srivastava et al. 2014); nothing in inference.
    pub(crate) fn dropout<const D: usize>(&mut self, input: Tensor<D>, probability: f32) -> Tensor<D> {
        let Phase::Training(random) = &mut self.phase else { return input };
        let shape = input.dims();
        let kept = 1.0 / (1.0 - probability);
        let count: usize = shape.iter().product();
        let mask = (0..count).map(|_| if random.chance(probability) { 0.0 } else { kept }).collect();
        input * Tensor::from_data(TensorData::new::<f32, _>(mask, shape), &self.device)
    }

    /// Gradients by parameter name; parameters that had no part in the loss are left out.
    pub(crate) fn gradients(&self, gradients: &Gradients) -> BTreeMap<String, Vec<f32>> {
        let read = |(name, (tensor, _)): (&String, &(Tensor<1>, Vec<usize>))| {
            Some((name.clone(), values_of(tensor.grad(gradients)?)))
        };
        self.flat.iter().filter_map(read).collect()
    }

    /// The statistics noted during the pass, by parameter name.
    pub(crate) fn into_statistics(self) -> Vec<(String, Vec<f32>)> {
        self.statistics.into_iter().map(|(name, value)| (name, values_of(value.inner()))).collect()
    }
}

/// Reads a tensor's values, row-major.
pub(crate) fn values_of<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().expect("tensors of a network are f32 and on the processor")
}
