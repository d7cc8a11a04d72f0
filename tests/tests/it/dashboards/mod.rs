//! Metrics, alert rules and dashboards, tried with Prometheus itself.

mod alerts;
mod board;
mod panels;
mod prometheus;
mod records;
