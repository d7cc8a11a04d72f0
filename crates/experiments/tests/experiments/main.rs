//! The crate as its users see it.

mod adjustments;
mod analysis;
mod assignment;
mod blocks;
mod corrections;
mod definition;
mod reference;
mod support;
