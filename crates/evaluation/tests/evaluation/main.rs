//! Evidence on disk, the summary that follows from it, and the pages about it.

mod damage;
mod report;
mod round_trip;
mod summary;
mod synthetic;
