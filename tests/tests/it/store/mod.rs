//! The journal and Postgres, with a real server and real files.

mod bed;
mod crash;
mod experiments;
mod journal;
mod limit;
mod migrations;
mod rules;
mod shipping;
