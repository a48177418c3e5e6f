//! A server that accepts whatever it is sent, and a client that reads a page: std alone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::clock::Stopwatch;

/// Nobody here keeps anybody waiting longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Says 200 to every request, and counts. It listens as long as the process lives.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    requests: Arc<AtomicU64>,
}

impl Sink {
    /// Listens on a free port of 127.0.0.1.
    pub(crate) fn open() -> Result<Self, String> {
        let cannot = |error| format!("Could not listen on 127.0.0.1: {error}.");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let requests = Arc::new(AtomicU64::new(0));
        let counting = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counting = Arc::clone(&counting);
                // One that hangs up has been served.
                thread::spawn(move || serve(&stream, &counting));
            }
        });
        Ok(Self { address, requests })
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

fn serve(stream: &TcpStream, requests: &AtomicU64) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut is_last) = (0, false);
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let header = line.trim().to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            is_last |= header == "connection: close";
            if header.is_empty() {
                break;
            }
        }
        std::io::copy(&mut (&mut reader).take(length), &mut std::io::sink())?;
        requests.fetch_add(1, Ordering::Relaxed);
        (&mut &*stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        if is_last {
            return Ok(());
        }
    }
}

/// A page that was read.
pub(crate) struct Page {
    pub(crate) bytes: usize,
    /// From connecting to its last octet, milliseconds.
    pub(crate) took_ms: f64,
}

/// Reads `path` at `address`.
pub(crate) fn get(address: SocketAddr, path: &str) -> Result<Page, String> {
    let cannot = |error| format!("Could not read http://{address}{path}: {error}.");
    let watch = Stopwatch::start();
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(cannot)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(cannot)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(cannot)?;
    let mut page = Vec::new();
    stream.read_to_end(&mut page).map_err(cannot)?;
    let took_ms = watch.elapsed().as_secs_f64() * 1000.0;
    if !page.starts_with(b"HTTP/1.1 200") {
        let first = String::from_utf8_lossy(&page).lines().next().unwrap_or_default().to_owned();
        return Err(format!("http://{address}{path} answered {first:?}; expected 200."));
    }
    Ok(Page { bytes: page.len(), took_ms })
}

#[cfg(test)]
mod tests {
    use super::{Sink, get};

    #[test]
    fn whatever_is_sent_is_accepted_and_counted() {
        let sink = Sink::open().unwrap();
        for _ in 0..3 {
            assert!(get(sink.address, "/any").unwrap().bytes > 0);
        }
        assert_eq!(sink.requests(), 3);
    }
}
