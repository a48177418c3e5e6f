//! A node that announces blocks, closes, stalls or sends rubbish, in virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{sink, stream};
use serde_json::{Value, json};
use swell_core::target::SafeUrl;
use swell_net::NetError;
use swell_net::clock::RunClock;
use swell_net::socket::{Socket, SocketService};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::fees::FeePolicy;
use crate::handle::{ChainHandle, ChainOptions};
use crate::testing::{CHAIN_ID, FakeNode};

/// How the node answers to a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Subscribes,
    Refuses,
    SaysRubbish,
    IsAway,
}

/// The announcing side of the node.
#[derive(Clone)]
struct Announcer {
    manner: Arc<Mutex<Manner>>,
    /// The connection that is open.
    client: Arc<Mutex<Option<mpsc::Sender<String>>>>,
    /// The URL of each connection that was tried, and when.
    tried: Arc<Mutex<Vec<(String, f64)>>>,
    clock: RunClock,
}

impl Announcer {
    fn new(clock: RunClock) -> Self {
        let manner = Arc::new(Mutex::new(Manner::Subscribes));
        Self { manner, client: Arc::default(), tried: Arc::default(), clock }
    }

    fn sockets(&self) -> SocketService {
        let announcer = self.clone();
        SocketService::new(tower::service_fn(move |url: SafeUrl| {
            let opened = announcer.open(&url);
            async move { opened }
        }))
    }

    fn open(&self, url: &SafeUrl) -> Result<Socket, NetError> {
        self.tried.lock().unwrap().push((url.to_string(), self.clock.now().as_secs_f64()));
        let manner = *self.manner.lock().unwrap();
        if manner == Manner::IsAway {
            return Err(NetError::Connect("refused".into()));
        }
        let (to_client, from_node) = mpsc::channel::<String>(64);
        *self.client.lock().unwrap() = Some(to_client.clone());
        let outgoing =
            sink::unfold(to_client.downgrade(), move |to_client, text: String| async move {
                let asked: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(asked["params"], json!(["newHeads"]));
                let answer = match manner {
                    Manner::SaysRubbish => "no JSON".to_owned(),
                    Manner::Refuses => json!({"id": 1, "error": {"message": "no"}}).to_string(),
                    _ => json!({"jsonrpc": "2.0", "id": 1, "result": "0x7"}).to_string(),
                };
                to_client.upgrade().unwrap().try_send(answer).unwrap();
                Ok(to_client)
            });
        let incoming = stream::unfold(from_node, |mut from_node| async move {
            from_node.recv().await.map(|text| (Ok(text), from_node))
        });
        Ok(Socket::new(outgoing, incoming))
    }

    fn say(&self, text: &str) {
        self.client.lock().unwrap().as_ref().unwrap().try_send(text.to_owned()).unwrap();
    }

    fn announce(&self, number: u64) {
        let result = json!({"number": format!("{number:#x}"), "hash": "0x"});
        let params = json!({"subscription": "0x7", "result": result});
        self.say(&json!({"method": "eth_subscription", "params": params}).to_string());
    }

    fn close(&self) {
        *self.client.lock().unwrap() = None;
    }

    fn be(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    fn connections(&self) -> usize {
        self.tried.lock().unwrap().len()
    }
}

/// A chain whose blocks are announced, after three of them.
async fn announced() -> (FakeNode, ChainHandle, Announcer) {
    let node = FakeNode::new();
    let clock = RunClock::virtual_time();
    let announcer = Announcer::new(clock.clone());
    let options =
        ChainOptions { chain_id: CHAIN_ID, finality_blocks: 1, fees: FeePolicy::default() };
    let chain = ChainHandle::connect(node.rpc(&clock), clock, options).await.unwrap();
    chain.listen(announcer.sockets(), ["ws://one/SECRET", "ws://two/"].map(SafeUrl::new).into());
    let follower = chain.clone();
    tokio::spawn(async move { follower.run(CancellationToken::new()).await });
    pass(0.05).await;
    for _ in 0..3 {
        let block = node.mine_empty();
        announcer.announce(block);
        chain.follower().wait_for_block(block).await.unwrap();
    }
    (node, chain, announcer)
}

async fn pass(seconds: f64) {
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}

fn polls(node: &FakeNode) -> usize {
    node.state().log.iter().filter(|method| *method == "eth_blockNumber").count()
}

/// How long it takes until a new block has been read, seconds.
async fn time_to_read(node: &FakeNode, chain: &ChainHandle, announce: Option<&Announcer>) -> f64 {
    let (block, before) = (node.mine_empty(), chain.clock().now());
    if let Some(announcer) = announce {
        announcer.announce(block);
    }
    chain.follower().wait_for_block(block).await.unwrap();
    chain.clock().now().saturating_since(before).as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn an_announced_block_is_read_at_once_and_little_is_polled() {
    let (node, chain, announcer) = announced().await;
    let before = polls(&node);
    for _ in 0..20 {
        pass(1.0).await;
        let took = time_to_read(&node, &chain, Some(&announcer)).await;
        assert!(took < 0.02, "{took} s");
    }
    assert!(polls(&node) - before <= 20, "one a block: {}", polls(&node) - before);
    assert_eq!((chain.follower().stats().told, chain.follower().stats().feed_drops), (23, 0));
}

#[tokio::test(start_paused = true)]
async fn when_the_connection_ends_polling_goes_on_at_once_and_another_url_is_tried() {
    let (node, chain, announcer) = announced().await;
    announcer.be(Manner::IsAway);
    announcer.close();
    pass(0.001).await;
    assert!(time_to_read(&node, &chain, None).await < 0.2, "as fast as polling is");
    pass(300.0).await;
    let tried = announcer.tried.lock().unwrap().clone();
    assert!((10..20).contains(&tried.len()), "ever more rarely: {tried:?}");
    assert_eq!(tried[1].0, "ws://two");
    announcer.be(Manner::Subscribes);
    pass(31.0).await;
    assert!(time_to_read(&node, &chain, Some(&announcer)).await < 0.02);
    assert_eq!(chain.follower().stats().feed_drops, 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_stays_silent_while_blocks_come_is_given_up() {
    let (node, chain, announcer) = announced().await;
    let connections = announcer.connections();
    for _ in 0..2 {
        let took = time_to_read(&node, &chain, None).await;
        assert!(took < 2.0, "the safety net finds it: {took} s");
    }
    pass(1.5).await;
    assert_eq!(announcer.connections(), connections + 1);
    assert!(time_to_read(&node, &chain, Some(&announcer)).await < 0.02);
}

#[tokio::test(start_paused = true)]
async fn rubbish_and_refusals_cost_nothing_but_the_announcements() {
    for manner in [Manner::SaysRubbish, Manner::Refuses] {
        let (node, chain, announcer) = announced().await;
        announcer.be(manner);
        announcer.say("{");
        pass(20.0).await;
        assert!(announcer.connections() > 3);
        assert!(time_to_read(&node, &chain, None).await < 0.2);
    }
}

#[tokio::test(start_paused = true)]
async fn announcements_of_other_subscriptions_and_unreadable_heights_are_no_heads() {
    let (_node, chain, announcer) = announced().await;
    let told = chain.follower().stats().told;
    announcer.say(r#"{"method":"eth_subscription","params":{"subscription":"0x8","result":{}}}"#);
    pass(0.01).await;
    assert_eq!(chain.follower().stats().feed_drops, 0);
    announcer.say(r#"{"method":"eth_subscription","params":{"subscription":"0x7","result":{}}}"#);
    pass(0.01).await;
    let stats = chain.follower().stats();
    assert_eq!((stats.told, stats.feed_drops), (told, 1));
}

#[tokio::test(start_paused = true)]
async fn a_block_that_the_asked_node_does_not_have_yet_is_asked_for_again_soon() {
    let (node, chain, announcer) = announced().await;
    let next = chain.follower().head().number + 1;
    announcer.announce(next);
    pass(0.3).await;
    node.mine_empty();
    let before = chain.clock().now();
    chain.follower().wait_for_block(next).await.unwrap();
    assert!(chain.clock().now().saturating_since(before).as_secs_f64() < 0.2);
}
