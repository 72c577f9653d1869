//! What runs beside the requests, without input: each task does one thing again and again, and can be run at
//! any time without harm.

pub mod checkpoints;
pub mod database_watch;
pub mod disk_watch;
pub mod engine_time;
pub mod gauges;
pub mod journal;
pub mod load;
pub mod outbox;
pub mod tidying;
