//! The crate as its users see it.

mod assignment;
mod definition;
mod reference;
mod support;
