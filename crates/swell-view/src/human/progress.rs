//! How far long work is.

use swell_core::progress::Progress;

use super::{count, length};

/// What, how far, how long: `40 of 60 wallets funded, about 12 s left`.
#[must_use]
pub fn progress(progress: &Progress) -> String {
    let far = format!("{} of {} {}", count(progress.done), count(progress.of), progress.what);
    match progress.left_s.filter(|_| progress.done < progress.of) {
        Some(left_s) => format!("{far}, {}", time_left(left_s)),
        None => far,
    }
}

/// How long it will still take: `about 12 s left`.
#[must_use]
pub fn time_left(seconds: f64) -> String {
    format!("about {} left", length(seconds.ceil()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_how_far_and_how_long_as_far_as_is_known() {
        let of = |done, left_s| Progress { what: "wallets funded", done, of: 60, left_s };
        assert_eq!(progress(&of(0, None)), "0 of 60 wallets funded");
        assert_eq!(progress(&of(40, Some(11.2))), "40 of 60 wallets funded, about 12 s left");
        assert_eq!(progress(&of(60, Some(0.0))), "60 of 60 wallets funded");
    }
}
