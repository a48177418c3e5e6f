//! Work that may wait, so that what is timed need not.

/// How much lower the calling thread stands after [`lower_priority`]: half way to the bottom.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// Lets every thread of normal priority go before the calling one, for good.
///
/// Where encryption fills the cores, arrivals still start on time. Systems without priorities of
/// single threads, or that refuse, leave it as it was: the measured lag tells.
pub fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        let this = rustix::thread::gettid();
        // Linux takes a thread's id where POSIX has a process's.
        let _refused = rustix::process::setpriority_process(Some(this), NICE);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_the_calling_thread_is_lowered() {
        let priority = || {
            let this = rustix::thread::gettid();
            rustix::process::getpriority_process(Some(this)).unwrap()
        };
        let before = priority();
        let lowered = std::thread::spawn(move || {
            lower_priority();
            priority()
        });
        assert_eq!(lowered.join().unwrap(), NICE.max(before));
        assert_eq!(priority(), before);
    }
}
