//! The only place of the console that reads time and randomness: everything else is given them.

use js_sys::{Date, Math};
use wasm_bindgen::JsValue;

use crate::calendar::Moment;

const MS_A_MINUTE: i64 = 60_000;

/// The browser's wall clock, in milliseconds since 1970.
#[expect(
    clippy::cast_possible_truncation,
    reason = "whole milliseconds, far below 2^53"
)]
pub(crate) fn now_ms() -> i64 {
    Date::now() as i64
}

/// Milliseconds since the page was opened. Nobody sets this clock, so spans are measured by it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "whole milliseconds, far below 2^53"
)]
pub(crate) fn steady_ms() -> i64 {
    let performance = web_sys::window().and_then(|window| window.performance());
    performance.map_or_else(now_ms, |performance| performance.now() as i64)
}

/// A random number from 0 to 1, for jitter; not for secrets.
pub(crate) fn draw() -> f64 {
    Math::random()
}

/// The midnights of the reader's zone that begin the last `days` days, today among them, and the one that ends today.
#[expect(
    clippy::cast_possible_truncation,
    reason = "whole milliseconds, far below 2^53"
)]
pub(crate) fn midnights(now_ms: i64, days: i32) -> Vec<i64> {
    let today = local(now_ms);
    let number = |part: i64| i32::try_from(part).unwrap_or(0);
    (1 - days..=1)
        .map(|day| {
            // Days before the first and after the last of a month are those of its neighbours.
            let date = Date::new_with_year_month_day(
                u32::try_from(today.year).unwrap_or(1970),
                i32::from(today.month) - 1,
                number(i64::from(today.day)) + day,
            );
            date.get_time() as i64
        })
        .collect()
}

/// A moment as a clock on the reader's wall shows it, by the zone's offset at that moment.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "whole milliseconds and minutes, far below 2^53"
)]
pub(crate) fn local(ms: i64) -> Moment {
    let offset_minutes = Date::new(&JsValue::from_f64(ms as f64)).get_timezone_offset() as i64;
    Moment::at(ms - offset_minutes * MS_A_MINUTE)
}
