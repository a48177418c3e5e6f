//! A crowd meets a rate limit: the pressure of all goes down, and nobody storms.

use std::sync::Mutex;

use bytes::Bytes;
use futures_util::future::join_all;
use http::StatusCode;
use swell_core::time::RunOffset;

use super::super::*;
use crate::exchange::into_service;

/// A server with fixed windows, as the personal server's rate limits are.
#[derive(Clone)]
struct Windows {
    clock: RunClock,
    window: Duration,
    requests_max: usize,
    /// How long an answer takes.
    latency: Duration,
    /// When each request came, and whether it was let through.
    seen: Arc<Mutex<Vec<(Duration, bool)>>>,
}

impl Exchange for Windows {
    async fn exchange(&self, _request: Request) -> Result<Response, NetError> {
        let now = self.clock.now().since_start();
        let number = now.as_secs() / self.window.as_secs();
        let is_passed = {
            let mut seen = self.seen.lock().unwrap();
            let in_window = |(at, passed): &&(Duration, bool)| {
                *passed && at.as_secs() / self.window.as_secs() == number
            };
            let is_passed = seen.iter().filter(in_window).count() < self.requests_max;
            seen.push((now, is_passed));
            is_passed
        };
        self.clock.sleep(self.latency).await;
        let response = http::Response::builder();
        let response = if is_passed {
            response.status(StatusCode::ACCEPTED)
        } else {
            let end = self.window * u32::try_from(number + 1).unwrap();
            let wait_s = end.saturating_sub(now).as_secs_f64().ceil();
            response
                .status(StatusCode::TOO_MANY_REQUESTS)
                .header("retry-after", format!("{wait_s}"))
        };
        Ok(response.body(Bytes::new()).unwrap())
    }
}

/// So many users arrive within three seconds and ask once each, over two endpoints of one host.
async fn crowd(users: u32, is_shared: bool) -> (Vec<(Duration, bool)>, usize) {
    let clock = RunClock::virtual_time();
    let windows = Windows {
        clock: clock.clone(),
        window: Duration::from_secs(10),
        requests_max: 100,
        latency: Duration::from_millis(50),
        seen: Arc::default(),
    };
    let shared = Limiter::default();
    let endpoint = |name: &str| {
        let limiter = is_shared.then(|| shared.clone());
        let settings = EndpointSettings { limiter, ..EndpointSettings::default() };
        let base = SafeUrl::new("http://server.example");
        let transport = into_service(windows.clone());
        Endpoint::new(EndpointId::new(name), &base, transport, settings, clock.clone(), Seed(1))
    };
    let endpoints = [endpoint("one").unwrap(), endpoint("two").unwrap()];
    let users = (0..users).map(|user| {
        let endpoint = &endpoints[user as usize % 2];
        let clock = clock.clone();
        async move {
            clock.sleep(Duration::from_secs(3) * user / users).await;
            let request = request::post_json("/operations", &()).unwrap();
            let options = CallOptions::idempotent().by(RunOffset::from_secs_f64(180.0));
            endpoint.send(request, options).await.is_ok_and(|answer| answer.status() == 202)
        }
    });
    let served = join_all(users).await.into_iter().filter(|served| *served).count();
    let seen = windows.seen.lock().unwrap().clone();
    (seen, served)
}

#[tokio::test(start_paused = true)]
async fn one_users_429_lowers_the_pressure_of_all_and_everyone_is_served() {
    let (seen, served) = crowd(600, true).await;
    assert_eq!(served, 600);
    let refused: Vec<Duration> = seen.iter().filter(|(_, ok)| !ok).map(|(at, _)| *at).collect();
    // Whoever was on its way when the first 429 came back; nobody after, until the window ends.
    let learnt = refused[0] + Duration::from_millis(50);
    let during = |at: &Duration| *at > learnt && *at < Duration::from_secs(10);
    assert_eq!(seen.iter().filter(|(at, _)| during(at)).count(), 0);
    // Six windows are needed, and each is met with at most what is on its way at full pace.
    assert!(refused.len() < 300, "{} requests too many", refused.len());
    let last = seen.last().unwrap().0;
    assert!(last < Duration::from_secs(80), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn the_way_back_is_slow_at_first() {
    let (seen, _) = crowd(600, true).await;
    let back: Vec<Duration> =
        seen.iter().map(|(at, _)| *at).filter(|at| *at >= Duration::from_secs(10)).collect();
    let first_second = back.iter().filter(|at| **at < Duration::from_secs(11)).count();
    assert!((2..=8).contains(&first_second), "{first_second} requests in the first second");
}

#[tokio::test(start_paused = true)]
async fn without_a_shared_limiter_the_same_crowd_is_refused_more_often() {
    let refused = |seen: &[(Duration, bool)]| seen.iter().filter(|(_, ok)| !ok).count();
    let (shared, _) = crowd(600, true).await;
    let (apart, _) = crowd(600, false).await;
    assert!(refused(&shared) < refused(&apart), "{} {}", refused(&shared), refused(&apart));
}
