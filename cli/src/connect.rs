//! From a name and a port to a connected socket.

use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

use status::{net, ssl};

use crate::failure::Failure;

/// Connects to the first of the host's addresses that answers.
///
/// # Errors
/// `net::UNKNOWN_HOST` (-0x0052) when the name has no address, `net::CONNECT_FAILED` (-0x0044) when no address accepts,
/// `ssl::TIMEOUT` (-0x6800) when the last one did not answer within `timeout` (which is meant for each).
pub(crate) fn connect(host: &str, port: u16, timeout: Duration) -> Result<TcpStream, Failure> {
    let place = place(host, port);
    let addresses: Vec<SocketAddr> = match (host, port).to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(_) => return Err(Failure::at(net::UNKNOWN_HOST, place)),
    };
    let mut failure = Failure::at(net::UNKNOWN_HOST, &place);
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(socket) => return Ok(socket),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                failure = Failure::at(ssl::TIMEOUT, &place)
            }
            Err(error) => failure = Failure::at(net::CONNECT_FAILED, format!("{place}: {}", reason(&error))),
        }
    }
    Err(failure)
}

/// `host:port`, with brackets around an IPv6 address.
pub(crate) fn place(host: &str, port: u16) -> String {
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
