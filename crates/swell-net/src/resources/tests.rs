use super::*;

#[cfg(target_os = "linux")]
use super::linux::{ThreadStat, parse_memory, parse_schedstat};

/// Uses CPU until the thread's own clock says so: no wall time, so a busy machine is no matter.
#[cfg(target_os = "linux")]
fn burn(length: Duration) {
    let used = || {
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(used).unwrap()
    };
    let end = used() + length;
    while used() < end {
        std::hint::spin_loop();
    }
}

#[test]
fn cpu_of_the_process_grows_with_work() {
    let mut meter = ResourceMeter::new("nobody");
    let before = meter.sample().unwrap();
    #[cfg(target_os = "linux")]
    burn(Duration::from_millis(20));
    let after = meter.sample().unwrap();
    assert!(after.cpu >= before.cpu);
    #[cfg(target_os = "linux")]
    assert!(after.cpu >= before.cpu + Duration::from_millis(20));
    assert_eq!(after.cpu_excluded, Duration::ZERO);
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_plausible() {
    let sample = ResourceMeter::new("nobody").sample().unwrap();
    assert!(sample.rss_bytes > 1 << 20, "{sample:?}");
    assert!(sample.rss_peak_bytes > 1 << 20, "{sample:?}");
    assert!(sample.rss_peak_bytes < 1 << 40, "{sample:?}");
    assert!(ResourceMeter::cores() >= 1);
}

#[cfg(target_os = "linux")]
#[test]
fn excluded_threads_are_kept_apart_even_after_their_end() {
    use std::sync::mpsc::sync_channel;

    let mut meter = ResourceMeter::new("kept-apart");
    let (burnt, is_burnt) = sync_channel(0);
    let (release, is_released) = sync_channel::<()>(0);
    let thread = thread::Builder::new()
        .name("kept-apart-1".into())
        .spawn(move || {
            burn(Duration::from_millis(50));
            burnt.send(()).unwrap();
            is_released.recv().unwrap();
        })
        .unwrap();
    is_burnt.recv().unwrap();
    let living = meter.sample().unwrap();
    // The kernel accounts at its own pace: a tick or two may be missing.
    assert!(living.cpu_excluded >= Duration::from_millis(20), "{living:?}");
    release.send(()).unwrap();
    thread.join().unwrap();
    let ended = meter.sample().unwrap();
    assert!(ended.cpu_excluded >= living.cpu_excluded, "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_thread_named_with_parentheses_is_read() {
    let stat = "42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 15 16 17 18 777 20 21";
    let expected = ThreadStat { id: 42, name: "a (b) c", cpu_ticks: 300, started_ticks: 777 };
    assert_eq!(ThreadStat::parse(stat), Some(expected));
    assert_eq!(ThreadStat::parse("42 (a) S 1 2"), None);
    assert_eq!(parse_schedstat("1500 7 3\n"), Some(Duration::from_nanos(1_500)));
    assert_eq!(parse_schedstat(""), None);
}

#[cfg(target_os = "linux")]
#[test]
fn memory_lines_are_found_by_name() {
    let memory = parse_memory("Name:\tx\nVmHWM:\t  20 kB\nVmRSS:\t  10 kB\n").unwrap();
    assert_eq!((memory.rss_bytes, memory.rss_peak_bytes), (10_240, 20_480));
    assert_eq!(parse_memory("VmRSS:\t 10 kB\n"), None);
}
