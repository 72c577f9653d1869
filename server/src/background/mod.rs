//! What runs beside the requests, without input: each task does one thing again and again, and can be run at
//! any time without harm.

pub mod contacts;
pub mod database_watch;
pub mod engine_time;
pub mod gauges;
pub mod journal;
pub mod tidying;
