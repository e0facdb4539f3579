//! From a name and a port to a connected socket.

use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use status::{Error, net};

/// A connected socket, or why there is none, with the address.
pub(crate) type Result = std::result::Result<TcpStream, (Error, String)>;

/// Begins to connect to the first of the host's addresses that answers: `net::UNKNOWN_HOST` (-0x0052) when the name has no address,
/// `net::CONNECT_FAILED` (-0x0044) when no address accepts.
///
/// The system offers no look-up that could be ended, so all of it is done in a thread, which is left alone when nobody waits any more.
pub(crate) fn begin(host: &str, port: u16) -> Receiver<Result> {
    let (sender, receiver) = mpsc::channel();
    let name = host.to_owned();
    thread::spawn(move || {
        // Nobody waits for the answer any more if this fails.
        let _ = sender.send(find(&name, port));
    });
    receiver
}

/// The thread has ended without an answer.
pub(crate) fn lost(host: &str, port: u16) -> (Error, String) {
    (net::CONNECT_FAILED, place(host, port))
}

fn find(host: &str, port: u16) -> Result {
    let place = place(host, port);
    match (host, port).to_socket_addrs() {
        Ok(addresses) => first_of(addresses, &place, CONNECT),
        Err(_) => Err((net::UNKNOWN_HOST, place)),
    }
}

/// Each address gets its share of the time that is left, so that one that is silent does not use up another's.
fn first_of(addresses: impl Iterator<Item = SocketAddr>, place: &str, timeout: Duration) -> Result {
    let start = Instant::now();
    let addresses: Vec<_> = addresses.collect();
    let mut failure = (net::UNKNOWN_HOST, place.to_owned());
    for (left, address) in (1..=addresses.len()).rev().zip(&addresses) {
        let share = u32::try_from(left)
            .ok()
            .and_then(|left| timeout.saturating_sub(start.elapsed()).checked_div(left));
        // Zero is no time-out at all.
        let patience = share.unwrap_or_default().max(Duration::from_millis(1));
        failure = match TcpStream::connect_timeout(address, patience) {
            Ok(socket) => return Ok(socket),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                (net::CONNECT_FAILED, format!("{place}: no answer"))
            }
            Err(error) => (net::CONNECT_FAILED, format!("{place}: {}", reason(&error))),
        };
    }
    Err(failure)
}

/// `host:port`, with brackets around an IPv6 address.
fn place(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The operating system's words, without Rust's "(os error 111)".
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text.chars().take(end).collect(),
        None => text,
    }
}

/// For all of a host's addresses together.
const CONNECT: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// An address that nobody listens on any more.
    fn deserted() -> SocketAddr {
        TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap()
    }

    #[test]
    fn every_address_is_tried_in_order() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let last = listener.local_addr().unwrap();
        let addresses = [deserted(), deserted(), last];
        let socket = first_of(addresses.into_iter(), "test", Duration::from_secs(60)).unwrap();
        assert_eq!(socket.peer_addr().unwrap(), last);
    }

    #[test]
    fn the_last_address_is_the_one_that_the_failure_is_about() {
        let failure = first_of([deserted()].into_iter(), "[::1]:8883", Duration::from_secs(60)).unwrap_err();
        assert_eq!(failure, (net::CONNECT_FAILED, "[::1]:8883: Connection refused".to_owned()));
        let failure = first_of(std::iter::empty(), "nowhere", Duration::ZERO).unwrap_err();
        assert_eq!(failure, (net::UNKNOWN_HOST, "nowhere".to_owned()));
        assert_eq!((place("::1", 1), place("host", 1)), ("[::1]:1".to_owned(), "host:1".to_owned()));
    }
}
