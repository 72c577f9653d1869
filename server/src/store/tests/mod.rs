//! The repositories on both databases: what each promises, told once and run on each.

mod agents;
mod bad_days;
mod components;
mod displays;
mod domains;
mod enrolment;
mod history;
mod journal;
mod notifications;
mod opening;
mod people;
mod records;
mod samples;
