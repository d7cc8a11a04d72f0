//! What people said is right: kept here first, shared through Postgres where there is one.

pub(crate) mod postgres;
mod row;
pub(crate) mod sqlite;

pub(crate) use row::FeedbackColumns;
pub use row::{FeedbackAbout, FeedbackRow, FeedbackVerdict};
