//! The journal and Postgres, with a real server and real files.

mod analytics;
mod bed;
mod broken_disk;
mod broken_disk_served;
mod crash;
mod erasure;
mod erasure_reach;
mod experiments;
mod failover;
mod journal;
mod limit;
mod migrations;
mod partitions;
mod plain_copy;
mod plans;
mod retention;
mod rollups;
mod rules;
mod shipping;
