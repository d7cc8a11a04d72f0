//! The crate as its users see it.

mod analysis;
mod assignment;
mod definition;
mod reference;
mod support;
