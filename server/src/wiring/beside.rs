//! What runs beside the requests.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::api::app::App;
use crate::background::engine_time::TimeFile;
use crate::background::{checkpoints, engine_time, gauges, load, outbox, tidying};
use crate::net::rounds;
use crate::notify::delivery;

/// Starts all of it; each ends when the server stops.
pub(super) fn background(app: &App, time_file: TimeFile) -> Vec<JoinHandle<()>> {
    let stopping = || app.stopping.clone();
    vec![
        tokio::spawn(app.hub.clone().run(stopping())),
        tokio::spawn(engine_time::run(
            app.store.clone(),
            app.engine.clone(),
            app.clock,
            time_file,
            app.database.clone(),
            stopping(),
        )),
        tokio::spawn(load::run(
            app.clock,
            app.engine.clone(),
            Arc::clone(&app.roster),
            Arc::clone(&app.arrivals),
            stopping(),
        )),
        tokio::spawn(gauges::run(
            app.engine.clone(),
            Arc::clone(&app.arrivals),
            Arc::clone(&app.roster),
            app.journal.clone(),
            stopping(),
        )),
        tokio::spawn(checkpoints::run(
            app.store.clone(),
            app.engine.clone(),
            stopping(),
        )),
        tokio::spawn(rounds::run(
            app.dialler.clone(),
            app.engine.clone(),
            Arc::clone(&app.roster),
            Arc::clone(&app.settings),
            Arc::clone(&app.untold),
            stopping(),
        )),
        tokio::spawn(delivery::run(app.outbox.clone(), app.dialler.clone(), stopping())),
        tokio::spawn(outbox::run(
            app.store.clone(),
            app.outbox.clone(),
            Arc::clone(&app.settings),
            stopping(),
        )),
        tokio::spawn(tidying::run(
            app.store.clone(),
            app.clock,
            app.outbox.clone(),
            stopping(),
        )),
    ]
}
