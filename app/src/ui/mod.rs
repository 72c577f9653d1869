//! What pages are made of: one component a file.

pub(crate) mod add_agent;
pub(crate) mod age;
pub(crate) mod copy;
pub(crate) mod counts;
pub(crate) mod dialog;
pub(crate) mod door;
pub(crate) mod field;
pub(crate) mod frame;
pub(crate) mod happening;
pub(crate) mod headings;
pub(crate) mod icon;
pub(crate) mod mark;
pub(crate) mod rail;
pub(crate) mod row;
pub(crate) mod shown;
pub(crate) mod standing;
pub(crate) mod table;
pub(crate) mod theme;
pub(crate) mod title;
pub(crate) mod told;
pub(crate) mod toolbar;
pub(crate) mod viewport;
pub(crate) mod walk;
pub(crate) mod ways;
