//! The crate from outside: files, streams, damage, and the corpus where it is there.

mod compressed;
mod corpus;
mod cuts;
mod damage;
mod endpointing;
mod raw;
mod sources;
mod wav;
