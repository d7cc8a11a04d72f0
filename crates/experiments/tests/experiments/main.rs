//! The crate as its users see it.

mod adjustments;
mod analysis;
mod assignment;
mod corrections;
mod definition;
mod reference;
mod support;
