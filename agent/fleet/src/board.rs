//! How far it is: a bar on a terminal, else a line now and then. All of it on standard error.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::say;

/// Between two lines where there is no terminal.
const LINE_EVERY_US: u64 = 5_000_000;

/// Where progress is shown.
pub(crate) struct Board {
    bar: Option<ProgressBar>,
    on_terminal: bool,
    phase: &'static str,
    whole: u64,
    told_us: u64,
}

impl Board {
    /// On a terminal, where there is one.
    pub(crate) fn new() -> Self {
        Self {
            bar: None,
            on_terminal: std::io::stderr().is_terminal(),
            phase: "",
            whole: 0,
            told_us: 0,
        }
    }

    /// Begins a part of the run that is done at `whole`.
    pub(crate) fn begin(&mut self, phase: &'static str, whole: u64) {
        self.end();
        self.phase = phase;
        self.whole = whole;
        self.told_us = 0;
        if self.on_terminal {
            let bar = ProgressBar::new(whole);
            // A template is refused only where it is misspelt.
            if let Ok(style) =
                ProgressStyle::with_template("{prefix:>12} {wide_bar} {human_pos}/{human_len} {msg}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(phase);
            self.bar = Some(bar);
        }
    }

    /// How far it is.
    pub(crate) fn at(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done.min(self.whole));
        }
    }

    /// The same with a word about it, at `now_us`.
    pub(crate) fn note(&mut self, done: u64, now_us: u64, word: impl FnOnce() -> String) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(done.min(self.whole));
                bar.set_message(word());
            }
            None if now_us >= self.told_us + LINE_EVERY_US => {
                self.told_us = now_us;
                let (phase, whole) = (self.phase, self.whole);
                say::err(&format!("{phase}: {done} of {whole} {}", word()));
            }
            None => {}
        }
    }

    /// A line that stays.
    pub(crate) fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| say::err(text)),
            None => say::err(text),
        }
    }

    /// Ends the part under way.
    pub(crate) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.end();
    }
}
