//! The personal server over HTTP, against a real chain and a real store.

mod checks;
mod identities;
mod limits;
mod october;
mod operations;
mod recorded;
