//! The named arrays a network consists of.

use crate::Random;
use std::collections::BTreeMap;

/// What training does with an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Learnt, and pulled towards zero by weight decay: matrices and kernels.
    Matrix,
    /// Learnt without decay: biases, gains and offsets.
    Vector,
    /// Measured, not learnt: running statistics and the feature scale.
    Statistic,
}

/// One array, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Lengths of its axes.
    pub shape: Vec<usize>,
    /// What training does with it.
    pub role: Role,
    /// Its values; as many as the product of `shape`.
    pub values: Vec<f32>,
}

/// Arrays by name, in the order of their names.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters {
    by_name: BTreeMap<String, Parameter>,
}

impl Parameters {
    /// Adds an array of one `value`.
    pub fn fill(&mut self, name: impl Into<String>, shape: &[usize], role: Role, value: f32) {
        let values = vec![value; shape.iter().product()];
        self.by_name.insert(name.into(), Parameter { shape: shape.to_vec(), role, values });
    }

    /// Adds a matrix or kernel drawn from a normal distribution of the given deviation.
    pub fn draw(&mut self, name: impl Into<String>, shape: &[usize], deviation: f32, random: &mut Random) {
        let count = shape.iter().product();
        let values = (0..count).map(|_| random.normal() * deviation).collect();
        self.by_name.insert(name.into(), Parameter { shape: shape.to_vec(), role: Role::Matrix, values });
    }

    /// The array `name`.
    ///
    /// # Panics
    /// When no layer declared it.
    pub fn get(&self, name: &str) -> &Parameter {
        self.by_name.get(name).unwrap_or_else(|| panic!("no layer declared `{name}`"))
    }

    /// The array `name`, to be changed.
    ///
    /// # Panics
    /// When no layer declared it.
    pub fn get_mut(&mut self, name: &str) -> &mut Parameter {
        self.by_name.get_mut(name).unwrap_or_else(|| panic!("no layer declared `{name}`"))
    }

    /// All arrays in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Parameter)> {
        self.by_name.iter().map(|(name, parameter)| (name.as_str(), parameter))
    }

    /// All arrays in the order of their names, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Parameter)> {
        self.by_name.iter_mut().map(|(name, parameter)| (name.as_str(), parameter))
    }

    /// How many learnt values there are.
    pub fn learnt(&self) -> usize {
        let learnt = self.by_name.values().filter(|parameter| parameter.role != Role::Statistic);
        learnt.map(|parameter| parameter.values.len()).sum()
    }
}
