//! The crate as its users see it.

mod analysis;
mod assignment;
mod corrections;
mod definition;
mod reference;
mod support;
