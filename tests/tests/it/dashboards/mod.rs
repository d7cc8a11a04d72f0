//! Metrics, alert rules and dashboards, tried with Prometheus itself.

mod alerts;
mod panels;
mod prometheus;
mod records;
