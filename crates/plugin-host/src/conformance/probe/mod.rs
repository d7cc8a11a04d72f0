//! Calls of a plugin with memory around what it is lent, so that whoever writes too far is found.

mod allocations;
mod answer;
mod attempt;
mod batch;
mod comparison;
mod description;
mod entry;
mod instance;
mod memory;
mod room;
mod scorer;
mod stream;

pub(crate) use crate::material::{frames, speech};
pub(crate) use allocations::allocations;
pub(crate) use answer::{Answer, call, call_with_words};
pub(crate) use attempt::attempt;
pub(crate) use batch::{Ask, Scored};
pub(crate) use comparison::{close, same, same_bits};
pub(crate) use description::description_of_size;
pub(crate) use entry::{RawEntry, RawTable, known_text};
pub(crate) use memory::{leaves_no_memory, processor_time};
pub(crate) use scorer::{Scorer, USUAL_BATCH};
pub(crate) use stream::{Stream, USUAL_PUSH};
