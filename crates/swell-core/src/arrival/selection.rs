//! The arrival process a plan asks for.

use super::{Arrival, ArrivalProcess, Burst, Constant, Poisson, RateProfile};
use crate::plan::{ArrivalKind, LoadPlan};
use crate::seed::Seed;
use crate::time::RunOffset;
use crate::units::Rate;

/// Any of the arrival processes.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one a run, and it lives on its own")]
pub enum Arrivals {
    /// Independent users.
    Poisson(Poisson),
    /// Even gaps.
    Constant(Constant),
    /// All at once.
    Burst(Burst),
}

/// The arrivals of `plan`, the same for the same `seed` on every machine. `due` is load time.
#[must_use]
pub fn arrivals(plan: &LoadPlan, seed: Seed) -> Arrivals {
    let users = plan.users.get();
    match plan.arrivals {
        ArrivalKind::Poisson => {
            Arrivals::Poisson(Poisson::new(RateProfile::new(plan), users, seed))
        }
        ArrivalKind::Constant => Arrivals::Constant(Constant::new(RateProfile::new(plan), users)),
        ArrivalKind::Burst => Arrivals::Burst(Burst::new(users)),
    }
}

impl ArrivalProcess for Arrivals {
    fn next_arrival(&mut self) -> Option<Arrival> {
        match self {
            Self::Poisson(process) => process.next_arrival(),
            Self::Constant(process) => process.next_arrival(),
            Self::Burst(process) => process.next_arrival(),
        }
    }

    fn rate_at(&self, at: RunOffset) -> Rate {
        match self {
            Self::Poisson(process) => process.rate_at(at),
            Self::Constant(process) => process.rate_at(at),
            Self::Burst(process) => process.rate_at(at),
        }
    }
}
