//! Journeys: what one user does.

mod any;
pub mod data_portability;
pub mod storage;
pub mod wallet_only;

pub use any::AnyJourney;
