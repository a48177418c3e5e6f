//! The engine: one task owns the run, journeys are tasks that hold a lease.
//!
//! ```text
//!  schedule ─┐                                     ┌─▶ executor ──▶ journeys ──▶ recorder
//!  signals  ─┼─▶ driver ─▶ RunState::handle ─▶ effects ─▶ funder ──▶ lanes
//!  blocks   ─┤      ▲       (pure)                 └─▶ sweeper ─▶ lanes ─▶ relayer
//!  messages ─┘      └──────────── what has ended ─────────┘
//! ```
//!
//! *Architecture invariant:* the engine is mute. It prints nothing and knows no screen; views see
//! snapshots and events, and steer by commands.

mod assembly;
mod books;
mod driver;
mod drought;
mod error;
mod events;
mod executor;
mod finish;
mod foreign;
mod funder;
mod gas_budget;
pub mod journey;
mod lease;
pub mod ledger;
mod live;
mod payer;
mod progress;
mod reader;
mod recorder;
mod recount;
mod refiller;
mod run;
mod schedule;
mod sizing;
mod steering;
pub mod sweep;
mod sweeper;
mod treasury;

pub use books::Books;
pub use error::{Causes, StepError};
pub use events::{EventSink, EventStream, Listener, Wants};
pub use funder::TopUps;
pub use lease::Lease;
pub use reader::AccountReader;
pub use recorder::Recorder;
pub use run::{
    EndpointRows, FundingSetup, Resumption, RunError, RunHandles, RunSetup, SetupFacts, run,
};
pub use sizing::Sizing;
pub use sweeper::Sweeper;
pub use treasury::{Calls, RelayDebt};
