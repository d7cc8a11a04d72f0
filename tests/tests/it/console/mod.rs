//! The console: what the server says about its pages, and the pages themselves in a real Chromium.

mod analytics;
mod browser;
mod experiments;
mod methods;
mod pages;
mod streams;
