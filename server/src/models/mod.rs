//! The models that are served, and how they change while the server runs.
//!
//! Who opens a stream reads the table of ready versions without a lock. What changes the table loads beside it first: a
//! version that cannot be served changes nothing. Streams keep the version that they began with.

mod admission;
mod changes;
mod choice;
mod error;
mod follow;
mod janitor;
mod policy;
mod settings;
mod shelf;
mod start;
mod table;
mod unloading;
mod unpacked;
mod watch;
mod withheld;

pub(crate) use changes::Wanted;
pub use error::ModelsError;
pub use policy::{Policies, VersionPolicy};
pub use settings::ModelSettings;
pub(crate) use shelf::{State, VersionView};
pub(crate) use start::Initial;
pub use table::Models;
pub(crate) use withheld::Record;
