//! Special functions and randomness.

mod distribution;
mod gamma;
mod generator;

pub(crate) use distribution::{
    chi_square_upper, coin_lower, normal_two_sided, normal_upper, normal_upper_quantile,
};
pub(crate) use gamma::ln_gamma;
pub use generator::Generator;
