//! The least of an HTTP client: a test asks the target itself, not through what it tests.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

/// What `http://HOST:PORT/path` answers to a GET.
pub(crate) fn get(url: &str) -> Value {
    exchange("GET", url, "")
}

/// What `http://HOST:PORT/path` answers to a GET, as it is.
pub(crate) fn text(url: &str) -> String {
    answer("GET", url, "")
}

/// The result of a JSON-RPC call.
pub(crate) fn rpc(url: &str, method: &str, params: &Value) -> Value {
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let mut answer = exchange("POST", url, &call.to_string());
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].take()
}

fn exchange(method: &str, url: &str, body: &str) -> Value {
    let body = answer(method, url, body);
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{url}: {error}: {body}"))
}

fn answer(method: &str, url: &str, body: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut connection = TcpStream::connect(host).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        connection,
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{url}: {answer}");
    body.to_owned()
}
