//! Heads as a node announces them, over a WebSocket: the follower reads a block when told.
//!
//! The announcement is a hint and nothing more. What a block holds is read over RPC, and while no
//! announcement comes the follower polls, so that nothing depends on this connection but speed.

use std::error::Error;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use swell_core::target::SafeUrl;
use swell_net::NetError;
use swell_net::clock::RunClock;
use swell_net::socket::{Socket, SocketService};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::handle::FollowerHandle;

/// What was announced last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether announcements are to be expected.
    pub(super) is_live: bool,
    /// Height of the newest block announced.
    pub(super) newest: u64,
}

/// Listens to one node at a time.
pub(crate) struct HeadFeed {
    sockets: SocketService,
    urls: Vec<SafeUrl>,
    clock: RunClock,
    follower: FollowerHandle,
    told: watch::Sender<Told>,
}

/// Why a connection was given up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FeedError {
    #[error("the connection could not be opened in time")]
    Slow,
    #[error("the connection failed")]
    Net(#[from] NetError),
    #[error("the node refused the subscription: {0}")]
    Refused(String),
    #[error("the node sent what is no JSON-RPC")]
    Rubbish,
    #[error("nothing came for too long")]
    Silent,
    #[error("block {read} has been read and {told} is the newest that was announced")]
    Behind { read: u64, told: u64 },
}

/// A message of a node, as far as it matters here.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    id: Option<u64>,
    #[serde(default)]
    result: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    params: Option<Announcement>,
}

#[derive(Deserialize)]
struct Announcement {
    subscription: Value,
    result: Value,
}

impl HeadFeed {
    /// The longest that connecting, and each answer about the subscription, may take.
    const OPEN_LIMIT: Duration = Duration::from_secs(10);
    /// Without a message for so long the connection is taken for dead.
    const SILENCE_MAX: Duration = Duration::from_secs(90);
    const BACKOFF_FIRST: Duration = Duration::from_secs(1);
    const BACKOFF_MAX: Duration = Duration::from_secs(30);
    /// Blocks read without having been announced that give a connection away as stalled.
    const UNTOLD_MAX: u64 = 2;
    const REQUEST_ID: u64 = 1;

    /// A feed from the first of `urls` that works, and where what it says can be watched.
    pub(super) fn new(
        sockets: SocketService,
        urls: Vec<SafeUrl>,
        clock: RunClock,
        follower: FollowerHandle,
    ) -> (Self, watch::Receiver<Told>) {
        let (told, watched) = watch::channel(Told::default());
        (Self { sockets, urls, clock, follower, told }, watched)
    }

    /// Listens until `shutdown`, and connects again whenever that ends: to the next URL, after an
    /// ever longer pause.
    pub(crate) async fn run(self, shutdown: &CancellationToken) {
        let mut backoff = Self::BACKOFF_FIRST;
        for url in self.urls.iter().cycle() {
            let error = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                Err(error) = self.listen(url) => error,
            };
            if self.fall_back(url, &error) {
                backoff = Self::BACKOFF_FIRST;
            }
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                () = self.clock.sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(Self::BACKOFF_MAX);
        }
    }

    /// Leaves it to polling, at once. Returns whether anything could have been announced before.
    fn fall_back(&self, url: &SafeUrl, error: &FeedError) -> bool {
        let was_live = self.told.borrow().is_live;
        self.told.send_modify(|told| told.is_live = false);
        let cause = error.source().map(ToString::to_string);
        tracing::info!(%url, %error, cause, "heads are polled: no WebSocket tells them");
        self.follower.shared.stats().feed_drops += u64::from(was_live);
        was_live
    }

    /// Passes on what one node announces. Never returns `Ok`.
    async fn listen(&self, url: &SafeUrl) -> Result<(), FeedError> {
        let opening = self.sockets.clone().oneshot(url.clone());
        let mut socket = self.within(Self::OPEN_LIMIT, opening).await.ok_or(FeedError::Slow)??;
        let request = json!({
            "jsonrpc": "2.0", "id": Self::REQUEST_ID,
            "method": "eth_subscribe", "params": ["newHeads"],
        });
        socket.send(request.to_string()).await?;
        let subscribed = self.within(Self::OPEN_LIMIT, subscription(&mut socket)).await;
        let subscription = subscribed.ok_or(FeedError::Slow)??;
        tracing::info!(%url, "heads are told by WebSocket");
        let mut heads = self.follower.heads();
        let begun_at = self.follower.head().number;
        self.told.send_replace(Told { is_live: true, newest: begun_at });
        loop {
            tokio::select! {
                biased;
                text = socket.next() => self.take(&text?, &subscription)?,
                read = heads.changed() => self.compare(read.number)?,
                () = self.clock.sleep(Self::SILENCE_MAX) => return Err(FeedError::Silent),
            }
        }
    }

    fn take(&self, text: &str, subscription: &Value) -> Result<(), FeedError> {
        let Some(number) = announced(text, subscription)? else { return Ok(()) };
        // Also when it is not higher: another block at the same height is news.
        self.told.send_modify(|told| told.newest = number);
        self.follower.shared.stats().told += 1;
        Ok(())
    }

    /// A connection that stays silent while blocks come is no use.
    fn compare(&self, read: u64) -> Result<(), FeedError> {
        let told = self.told.borrow().newest;
        if read >= told + Self::UNTOLD_MAX {
            return Err(FeedError::Behind { read, told });
        }
        Ok(())
    }

    async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.clock.sleep(limit) => None,
        }
    }
}

/// The height that `text` announces to the holder of `subscription`; `None` if it tells of something
/// else.
pub(crate) fn announced(text: &str, subscription: &Value) -> Result<Option<u64>, FeedError> {
    let message: Message = serde_json::from_str(text).map_err(|_| FeedError::Rubbish)?;
    let Some(announcement) = message.params else { return Ok(None) };
    if announcement.subscription != *subscription {
        return Ok(None);
    }
    let number = announcement.result["number"].as_str();
    let number = number.and_then(|number| number.strip_prefix("0x"));
    let number = number.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.map(Some).ok_or(FeedError::Rubbish)
}

/// The name of the subscription, once the node has given it one.
async fn subscription(socket: &mut Socket) -> Result<Value, FeedError> {
    loop {
        let text = socket.next().await?;
        let message: Message = serde_json::from_str(&text).map_err(|_| FeedError::Rubbish)?;
        if let Some(error) = message.error {
            let words = error["message"].as_str().unwrap_or("it does not say why");
            return Err(FeedError::Refused(words.chars().take(200).collect()));
        }
        if message.id == Some(HeadFeed::REQUEST_ID) {
            return message.result.ok_or(FeedError::Rubbish);
        }
    }
}

#[cfg(test)]
mod tests;
