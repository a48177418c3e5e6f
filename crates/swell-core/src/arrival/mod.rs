//! When users arrive, decided without looking at the target.
//!
//! ```text
//! LoadPlan ──▶ RateProfile (λ, Λ, Λ⁻¹ in closed form) ──▶ Poisson │ Constant │ Burst ──▶ Stripe (one agent's share)
//! ```
//!
//! *Architecture invariant:* nothing here sees a clock or the target. Only operations that IEEE 754
//! defines exactly are used, and a logarithm that is compiled in, so that the k-th arrival of a seed
//! is the same on every machine.

mod burst;
mod constant;
mod load_clock;
mod poisson;
mod process;
mod rate_profile;
mod rest;
mod segment;
mod selection;
mod stripe;

pub use burst::Burst;
pub use constant::Constant;
pub use load_clock::LoadClock;
pub use poisson::Poisson;
pub use process::{Arrival, ArrivalProcess};
pub use rate_profile::{ArrivalEnd, RateProfile};
pub use rest::Rest;
pub use selection::{Arrivals, arrivals};
pub use stripe::Stripe;

#[cfg(test)]
mod tests;
