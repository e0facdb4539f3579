//! Connects a socket to a host and port, or to a Unix socket.

use std::{
    fmt, io,
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use socket2::{Domain, SockAddr, Socket, Type};
use status::{Error, net};

/// Where the server is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// `-h`, `-p`, `-A`.
    Tcp {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
        /// The local address to connect from, or a name for it. Absent: the system chooses.
        from: Option<String>,
    },
    /// `--unix`.
    Unix(PathBuf),
}

/// `host:port`, with brackets around an IPv6 address; or the socket's path.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port, .. } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "--unix {}", path.display()),
        }
    }
}

/// A connected socket, or why there is none, with the address.
pub(crate) type Result = std::result::Result<Socket, (Error, String)>;

/// Begins to connect to the first of the host's addresses that answers. Failures: `net::UNKNOWN_HOST` (-0x0052) when the name has no
/// address, `net::BIND_FAILED` (-0x0046) when the address to connect from is not this machine's, `net::CONNECT_FAILED` (-0x0044) when no
/// address accepts.
///
/// The system's name lookup cannot be cancelled, so all of this runs in a thread. If nobody waits for the result, the thread is left to
/// itself.
pub(crate) fn begin(target: &Target) -> Receiver<Result> {
    let (sender, receiver) = mpsc::channel();
    let target = target.clone();
    thread::spawn(move || {
        // This fails if nobody waits for the result any more.
        let _ = sender.send(find(&target));
    });
    receiver
}

/// The failure when the thread ended without a result.
pub(crate) fn lost(target: &Target) -> (Error, String) {
    (net::CONNECT_FAILED, target.to_string())
}

fn find(target: &Target) -> Result {
    let place = target.to_string();
    let Target::Tcp { host, port, from } = target else { return local(target) };
    let from = match from {
        None => None,
        Some(name) => match (name.as_str(), 0).to_socket_addrs() {
            Ok(addresses) => Some(addresses.collect::<Vec<_>>()),
            Err(_) => return Err((net::UNKNOWN_HOST, format!("-A {name}"))),
        },
    };
    match (host.as_str(), *port).to_socket_addrs() {
        Ok(addresses) => first_of(addresses, from.as_deref(), &place, CONNECT),
        Err(_) => Err((net::UNKNOWN_HOST, place)),
    }
}

/// Connects to a Unix socket.
fn local(target: &Target) -> Result {
    let Target::Unix(path) = target else { return Err(lost(target)) };
    let connected = SockAddr::unix(path).and_then(|address| {
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.connect(&address).map(|()| socket)
    });
    connected.map_err(|error| (net::CONNECT_FAILED, format!("{target}: {}", reason(&error))))
}

/// Each address gets a share of the time left, so that a silent one does not use up the time of the others.
fn first_of(
    addresses: impl Iterator<Item = SocketAddr>,
    from: Option<&[SocketAddr]>,
    place: &str,
    timeout: Duration,
) -> Result {
    let start = Instant::now();
    let addresses: Vec<_> = addresses.collect();
    let mut failure = (net::UNKNOWN_HOST, place.to_owned());
    for (left, address) in (1..=addresses.len()).rev().zip(&addresses) {
        let share = u32::try_from(left)
            .ok()
            .and_then(|left| timeout.saturating_sub(start.elapsed()).checked_div(left));
        // Zero would mean no time-out.
        let patience = share.unwrap_or_default().max(Duration::from_millis(1));
        let socket = match bound(*address, from) {
            Ok(socket) => socket,
            Err(error) => {
                failure = match from {
                    Some(_) => (net::BIND_FAILED, format!("-A: {}", reason(&error))),
                    None => (net::CONNECT_FAILED, format!("{place}: {}", reason(&error))),
                };
                continue;
            }
        };
        failure = match socket.connect_timeout(&SockAddr::from(*address), patience) {
            Ok(()) => return Ok(socket),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                (net::CONNECT_FAILED, format!("{place}: no answer"))
            }
            Err(error) => (net::CONNECT_FAILED, format!("{place}: {}", reason(&error))),
        };
    }
    Err(failure)
}

/// A socket for this address. If `from` is given, it is bound to the first address of the same family.
fn bound(address: SocketAddr, from: Option<&[SocketAddr]>) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    let Some(from) = from else { return Ok(socket) };
    let own = from.iter().find(|own| own.is_ipv4() == address.is_ipv4());
    let own = own.ok_or_else(|| io::Error::other("it has no address of the server's family"))?;
    socket.bind(&SockAddr::from(*own)).map(|()| socket)
}

/// The operating system's message, without Rust's "(os error 111)".
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text.chars().take(end).collect(),
        None => text,
    }
}

/// The time limit for all addresses of a host together.
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
        let socket = first_of(addresses.into_iter(), None, "test", Duration::from_secs(60)).unwrap();
        assert_eq!(socket.peer_addr().unwrap().as_socket(), Some(last));
    }

    #[test]
    fn the_last_address_is_the_one_that_the_failure_is_about() {
        let failure =
            first_of([deserted()].into_iter(), None, "[::1]:8883", Duration::from_secs(60)).unwrap_err();
        assert_eq!(failure, (net::CONNECT_FAILED, "[::1]:8883: Connection refused".to_owned()));
        let failure = first_of(std::iter::empty(), None, "nowhere", Duration::ZERO).unwrap_err();
        assert_eq!(failure, (net::UNKNOWN_HOST, "nowhere".to_owned()));
        let place = |host: &str| Target::Tcp { host: host.to_owned(), port: 1, from: None }.to_string();
        assert_eq!((place("::1"), place("host")), ("[::1]:1".to_owned(), "host:1".to_owned()));
    }

    #[test]
    fn it_leaves_from_the_address_that_is_asked_for() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (last, own) = (listener.local_addr().unwrap(), SocketAddr::from(([127, 0, 0, 2], 0)));
        // Of two families the server's counts.
        let from = [SocketAddr::from(([0; 8], 0)), own];
        let connect =
            |from: &[SocketAddr]| first_of([last].into_iter(), Some(from), "test", Duration::from_secs(60));
        let socket = connect(&from).unwrap();
        assert_eq!(socket.local_addr().unwrap().as_socket().unwrap().ip(), own.ip());
        assert_eq!(listener.accept().unwrap().1.ip(), own.ip());
        let expected = (net::BIND_FAILED, "-A: it has no address of the server's family".to_owned());
        assert_eq!(connect(&from[..1]).unwrap_err(), expected);
        // Of the range for documents: nobody's.
        let nobodys = SocketAddr::from(([192, 0, 2, 1], 0));
        assert_eq!(connect(&[nobodys]).unwrap_err().0, net::BIND_FAILED);
    }
}
