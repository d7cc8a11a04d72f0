//! Where results are kept: the journal, a durable SQLite file beside the server, and Postgres, to
//! which the journal's rows are shipped when one is configured. The only crate with SQL.
//!
//! A record is acknowledged once it is in the journal. With no Postgres the journal is the store;
//! with Postgres it is an outbox that bridges outages of any length.
#![forbid(unsafe_code)]

mod analytics;
mod backoff;
mod columns;
mod counts;
mod erasure;
mod error;
mod experiments;
mod export;
mod feedback;
mod journal;
mod keys;
mod loader;
mod migrate;
mod postgres;
mod shipper;
mod status;
mod upkeep;

pub use analytics::{
    AgreementRow, Analytics, AnalyticsFilter, AnalyticsLimits, AnalyticsQuery, BinRow, GroupKey, Grouping,
    JudgedRow, Measure, Step, TopRow, bin_start,
};
pub use columns::StreamRow;
pub use counts::Counts;
pub use erasure::{ErasedRows, ErasureReport, erase_subject};
pub use error::StoreError;
pub use experiments::{
    Evidence, EvidenceQuery, ExperimentChange, ExperimentKey, ExperimentRow, ExperimentStore, Exposure,
    ExposureCount, JudgedAnswer, Past, Put, Reading, Reason,
};
pub use export::{ExportFile, Exported, Exporter};
pub use feedback::{FeedbackAbout, FeedbackRow, FeedbackVerdict};
pub use journal::{
    Journal, JournalFault, JournalOptions, JournalReader, JournalState, Reship, ReshipSpan, Reshipped, reship,
};
pub use keys::{KeyStore, StoredKey};
pub use loader::Loader;
pub use migrate::{Database, MigrationReport, migrate, migrate_to, revert_to};
pub use postgres::{Keeping, PostgresReader, PostgresUrl, Pruned};
pub use shipper::{Shipper, ShipperOptions};
pub use status::ShipperStatus;
/// What `recent_predictions` gives: the answer as it was recorded, with time parts in whole microseconds.
pub use undertone_core::UtteranceRecord as PredictionRow;
pub use upkeep::{PartitionRow, partitions, prune};
