//! What a threshold can speak of.

use std::fmt;

use crate::journey::FailureClass;

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Metric {
    /// A statistic of durations, such as `p95(response)`.
    Latency {
        /// Which statistic.
        statistic: Statistic,
        /// Of which durations.
        of: Subject,
    },
    /// `success`: succeeded ÷ (due − abandoned), percent.
    Success,
    /// `throughput`: sustained successes per second.
    Throughput,
    /// `peak`: successes per second in the best 10 s.
    Peak,
    /// `failed`, `failed(CLASS)`: failed users.
    Failed(Option<FailureClass>),
    /// `shed`: arrivals that were refused a start.
    Shed,
    /// `duration`: the whole run.
    Duration,
    /// `unexplained`: wei that the books do not explain.
    Unexplained,
    /// `rss`: largest resident set.
    Rss,
    /// `cpu`: CPU of the load side, percent of the machine.
    Cpu,
    /// `rss_slope`: growth of the resident set after the first minute, percent a minute.
    RssSlope,
}

/// A statistic of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Arithmetic mean.
    Mean,
    /// Largest.
    Max,
    /// The value that so many percent do not exceed.
    Percentile(f64),
}

/// Which durations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `response`: from due to the end of all ended journeys.
    Response,
    /// `response.succeeded`: of those that succeeded.
    ResponseSucceeded,
    /// `service`: from sent to the end of all ended journeys.
    Service,
    /// `step.NAME`: a step, from when it was due.
    StepResponse(String),
    /// `step.NAME.service`: a step, from when it was sent.
    StepService(String),
    /// `schedule_lag`: Swell's own lateness.
    ScheduleLag,
    /// `funding`: a wallet, from demand to usable.
    Funding,
}

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A duration, in microseconds.
    Time,
    /// Percent of a whole.
    Share,
    /// Events per second.
    Rate,
    /// Octets.
    Size,
    /// Wei.
    Money,
    /// A number of things.
    Count,
    /// Percent a minute.
    Growth,
}

impl Metric {
    /// What kind of number it is.
    #[must_use]
    pub const fn quantity(&self) -> Quantity {
        match self {
            Self::Latency { .. } | Self::Duration => Quantity::Time,
            Self::Success | Self::Cpu => Quantity::Share,
            Self::Throughput | Self::Peak => Quantity::Rate,
            Self::Failed(_) | Self::Shed => Quantity::Count,
            Self::Unexplained => Quantity::Money,
            Self::Rss => Quantity::Size,
            Self::RssSlope => Quantity::Growth,
        }
    }

    /// Whether it tells of the machine Swell runs on, and so differs between equal virtual runs.
    #[must_use]
    pub const fn is_host(&self) -> bool {
        matches!(self, Self::Rss | Self::Cpu | Self::RssSlope)
    }

    /// The step it speaks of.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        match self {
            Self::Latency {
                of: Subject::StepResponse(step) | Subject::StepService(step), ..
            } => Some(step),
            _ => None,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency { statistic, of } => write!(f, "{statistic}({of})"),
            Self::Success => f.write_str("success"),
            Self::Throughput => f.write_str("throughput"),
            Self::Peak => f.write_str("peak"),
            Self::Failed(None) => f.write_str("failed"),
            Self::Failed(Some(class)) => write!(f, "failed({class})"),
            Self::Shed => f.write_str("shed"),
            Self::Duration => f.write_str("duration"),
            Self::Unexplained => f.write_str("unexplained"),
            Self::Rss => f.write_str("rss"),
            Self::Cpu => f.write_str("cpu"),
            Self::RssSlope => f.write_str("rss_slope"),
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mean => f.write_str("mean"),
            Self::Max => f.write_str("max"),
            Self::Percentile(percent) => write!(f, "p{percent}"),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Response => f.write_str("response"),
            Self::ResponseSucceeded => f.write_str("response.succeeded"),
            Self::Service => f.write_str("service"),
            Self::StepResponse(step) => write!(f, "step.{step}"),
            Self::StepService(step) => write!(f, "step.{step}.service"),
            Self::ScheduleLag => f.write_str("schedule_lag"),
            Self::Funding => f.write_str("funding"),
        }
    }
}
