//! A Prometheus of our own: on a port of its own, with data that nobody keeps.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::bench::Process;

const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A Prometheus that ends when it goes out of scope.
pub(super) struct Prometheus {
    _process: Process,
    port: u16,
}

impl Prometheus {
    /// Starts one with the configuration in `folder` and one flag more.
    pub(super) fn start(folder: &Path, port: u16, flag: &str) -> Result<Self, String> {
        let mut command = Command::new("prometheus");
        command.current_dir(folder).arg("--config.file=prometheus.yml").arg(flag);
        command.arg(format!("--storage.tsdb.path=data-{port}"));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        command.args(["--log.level=warn"]).stdin(Stdio::null());
        Ok(Self { _process: Process::start(&mut command)?, port })
    }

    /// Where it takes remote writes.
    pub(super) fn write_url(&self) -> String {
        format!("http://127.0.0.1:{}/api/v1/write", self.port)
    }

    /// Whether `expression` has data now.
    pub(super) fn has(&self, expression: &str) -> Result<bool, String> {
        let answer = self.query(expression)?;
        Ok(answer["result"].as_array().is_some_and(|result| !result.is_empty()))
    }

    /// The only number that `expression` has now.
    pub(super) fn number(&self, expression: &str) -> Result<f64, String> {
        let answer = self.query(expression)?;
        let number = answer["result"][0]["value"][1].as_str().and_then(|text| text.parse().ok());
        number.ok_or_else(|| format!("Prometheus has no number for `{expression}`: {answer}."))
    }

    fn query(&self, expression: &str) -> Result<Value, String> {
        let body = format!("query={}", encoded(expression));
        let head = format!(
            "POST /api/v1/query HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        self.ask(&(head + &body)).map_err(|trouble| format!("`{expression}`: {trouble}"))
    }

    /// What it answers at `path`.
    pub(super) fn get(&self, path: &str) -> Result<Value, String> {
        self.ask(&format!("GET {path} HTTP/1.0\r\n\r\n"))
    }

    /// The data of an answer.
    fn ask(&self, request: &str) -> Result<Value, String> {
        let body = exchange(self.port, request)
            .map_err(|error| format!("Prometheus did not answer: {error}."))?;
        let mut json: Value = serde_json::from_str(&body)
            .map_err(|error| format!("Prometheus answered no JSON ({error}): {body}"))?;
        if json["status"] == "success" {
            Ok(json["data"].take())
        } else {
            Err(format!("Prometheus refused: {}.", json["error"]))
        }
    }
}

/// What whoever listens at `port` serves at `path`.
pub(super) fn page(port: u16, path: &str) -> Result<String, String> {
    exchange(port, &format!("GET {path} HTTP/1.0\r\n\r\n"))
        .map_err(|error| format!("Nobody serves {path}: {error}."))
}

/// The body of an answer. HTTP/1.0 has no chunks.
fn exchange(port: u16, request: &str) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port))?;
    connection.set_read_timeout(Some(ANSWER_WITHIN))?;
    connection.write_all(request.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned()))
}

/// An expression as a form holds it.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_forms_give_a_meaning_is_encoded() {
        assert_eq!(super::encoded("a{b=\"c d\"} + 1"), "a%7Bb%3D%22c%20d%22%7D%20%2B%201");
    }
}
