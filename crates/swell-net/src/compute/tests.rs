use super::*;

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

const ONE: NonZeroUsize = NonZeroUsize::MIN;

fn blocked_compute() -> (Compute, Arc<Barrier>) {
    (Compute::threads(ONE, ONE).unwrap(), Arc::new(Barrier::new(2)))
}

#[tokio::test]
async fn work_runs_on_threads_of_its_own() {
    let compute = Compute::threads(ONE, ONE).unwrap();
    let name = compute
        .run(Duration::ZERO, || thread::current().name().map(str::to_owned))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(name, "swell-compute-0");
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_thread_lives_on() {
    let compute = Compute::threads(ONE, ONE).unwrap();
    let bug: Result<(), _> = compute.run(Duration::ZERO, || panic!("bad input")).await;
    assert_eq!(bug, Err(ComputeError::Panicked("bad input".into())));
    assert_eq!(compute.run(Duration::ZERO, || 7).await, Ok(7));
}

#[tokio::test]
async fn callers_beyond_the_queue_wait() {
    let (compute, gate) = blocked_compute();
    let thread_gate = Arc::clone(&gate);
    // One runs, one is queued, the third finds no place.
    let mut running = Box::pin(compute.run(Duration::ZERO, move || {
        thread_gate.wait();
        thread_gate.wait();
    }));
    assert!(futures_util::poll!(&mut running).is_pending());
    gate.wait();
    let mut queued = Box::pin(compute.run(Duration::ZERO, || ()));
    assert!(futures_util::poll!(&mut queued).is_pending());
    let Place::Threads(queue) = &compute.place else { unreachable!() };
    assert_eq!(queue.capacity(), 0);
    let mut waiting = Box::pin(compute.run(Duration::ZERO, || ()));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    gate.wait();
    assert_eq!((running.await, queued.await, waiting.await), (Ok(()), Ok(()), Ok(())));
}

#[tokio::test]
async fn work_nobody_waits_for_is_not_done() {
    let (compute, gate) = blocked_compute();
    let thread_gate = Arc::clone(&gate);
    let done = Arc::new(AtomicUsize::new(0));
    let mut running = Box::pin(compute.run(Duration::ZERO, move || thread_gate.wait().is_leader()));
    assert!(futures_util::poll!(&mut running).is_pending());
    let counter = Arc::clone(&done);
    let mut given_up = Box::pin(compute.run(Duration::ZERO, move || {
        counter.fetch_add(1, Ordering::SeqCst);
    }));
    // Wait until the first has left the queue, so that the second finds its place there.
    while futures_util::poll!(&mut given_up).is_pending() {
        let Place::Threads(queue) = &compute.place else { unreachable!() };
        if queue.capacity() == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    drop(given_up);
    gate.wait();
    running.await.unwrap();
    compute.run(Duration::ZERO, || ()).await.unwrap();
    assert_eq!(done.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn threads_end_with_the_last_handle() {
    use std::cell::RefCell;

    thread_local! {
        /// Dropped when its thread ends.
        static ALIVE: RefCell<Option<oneshot::Sender<()>>> = const { RefCell::new(None) };
    }
    let (alive, mut ended) = oneshot::channel();
    let compute = Compute::threads(ONE, ONE).unwrap();
    compute.run(Duration::ZERO, || ALIVE.set(Some(alive))).await.unwrap();
    let clone = compute.clone();
    drop(compute);
    assert_eq!(clone.run(Duration::ZERO, || 1).await, Ok(1));
    assert!(ended.try_recv().is_err_and(|state| state == oneshot::error::TryRecvError::Empty));
    drop(clone);
    ended.await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn inline_work_takes_its_modelled_time() {
    let clock = RunClock::virtual_time();
    let compute = Compute::inline(clock.clone());
    let modelled = Duration::from_millis(11);
    assert_eq!(compute.run(modelled, || 7).await, Ok(7));
    assert_eq!(clock.now().since_start(), modelled);
    let bug: Result<(), _> = compute.run(modelled, || panic!("{}", "formatted")).await;
    assert_eq!(bug, Err(ComputeError::Panicked("formatted".into())));
}
