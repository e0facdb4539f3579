//! Blocking sockets of `embedded-io` for [`blocking::Session`](crate::blocking::Session): version 0.7, and 0.6 for older drivers.
//!
//! ```text
//!   let mut network = Sockets::new(socket, clock);
//!   let mut session = Session::new(&mut client, &mut accel, &mut network);
//! ```
//!
//! A read waits no longer than the session allows: it asks the socket by `ReadReady` whether there is data, and sleeps for a millisecond
//! between two questions. A write blocks for as long as the socket does.

use status::Error;

/// A socket that can connect again and again. Reads and writes go to the present connection.
pub trait Connect {
    /// Connects to the server, after dropping the previous connection.
    ///
    /// # Errors
    /// `net::UNKNOWN_HOST` (-0x0052), `net::CONNECT_FAILED` (-0x0044), `ssl::TIMEOUT` (-0x6800) or another code that says why it failed.
    fn connect(&mut self) -> Result<(), Error>;

    /// Closes the connection after everything written has been sent.
    fn disconnect(&mut self);
}

/// Time and date.
pub trait Clock {
    /// Milliseconds of a monotonic clock.
    fn now(&self) -> u64;

    /// The time for checking certificates, in seconds since 1970.
    fn unix_time(&self) -> u64;

    /// Sleeps for this many milliseconds.
    fn sleep(&mut self, milliseconds: u64);
}

/// A connection reset has its own code, as in Mbed TLS's `net_sockets`.
macro_rules! reason {
    ($version:ident, $kind:expr, $otherwise:expr) => {
        match $kind {
            $version::ErrorKind::ConnectionReset
            | $version::ErrorKind::BrokenPipe
            | $version::ErrorKind::ConnectionAborted => status::net::CONN_RESET,
            _ => $otherwise,
        }
    };
}

/// Implements the network over one version of the traits.
macro_rules! network {
    ($version:ident, $name:ident) => {
        impl<S, C> crate::blocking::Network for $name<S, C>
        where
            S: Connect + $version::Read + $version::ReadReady + $version::Write,
            C: Clock,
        {
            fn connect(&mut self) -> Result<(), Error> {
                self.socket.connect()
            }

            fn disconnect(&mut self) {
                self.socket.disconnect();
            }

            fn read(&mut self, buffer: &mut [u8], patience: u64) -> Result<Option<usize>, Error> {
                use $version::Error as _;
                let failed = |error: S::Error| reason!($version, error.kind(), status::net::RECV_FAILED);
                let until = self.clock.now().saturating_add(patience);
                while !self.socket.read_ready().map_err(failed)? {
                    if self.clock.now() >= until {
                        return Ok(None);
                    }
                    self.clock.sleep(1);
                }
                self.socket.read(buffer).map(Some).map_err(failed)
            }

            fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
                use $version::Error as _;
                let failed = |error: S::Error| reason!($version, error.kind(), status::net::SEND_FAILED);
                match self.socket.write(bytes).map_err(failed)? {
                    0 => Err(status::net::SEND_FAILED),
                    // Flush: bytes that stay in the socket's buffer would never arrive.
                    sent => self.socket.flush().map(|()| sent).map_err(failed),
                }
            }

            fn now(&self) -> u64 {
                self.clock.now()
            }

            fn unix_time(&self) -> u64 {
                self.clock.unix_time()
            }

            fn sleep(&mut self, milliseconds: u64) {
                self.clock.sleep(milliseconds);
            }
        }
    };
}

/// A socket of `embedded-io` 0.7 and the clocks as a [`Network`](crate::blocking::Network).
///
/// ```
/// use mqtts::blocking::Network;
/// use mqtts::embedded::{Clock, Connect, Sockets};
///
/// /// A network of the client from a socket and a clock of the board.
/// fn network<S, C: Clock>(socket: S, clock: C) -> impl Network
/// where
///     S: Connect + embedded_io::Read + embedded_io::ReadReady + embedded_io::Write,
/// {
///     Sockets::new(socket, clock)
/// }
/// ```
#[cfg(feature = "embedded-io")]
pub struct Sockets<S, C> {
    /// The socket.
    pub socket: S,
    /// The clocks.
    pub clock: C,
}

#[cfg(feature = "embedded-io")]
impl<S, C> Sockets<S, C> {
    /// Bundles socket and clock.
    #[must_use]
    pub const fn new(socket: S, clock: C) -> Self {
        Self { socket, clock }
    }
}

/// A socket of `embedded-io` 0.6 and the clocks as a [`Network`](crate::blocking::Network).
///
/// ```
/// use mqtts::blocking::Network;
/// use mqtts::embedded::{Clock, Connect, Sockets06};
///
/// /// A network of the client from a socket and a clock of the board.
/// fn network<S, C: Clock>(socket: S, clock: C) -> impl Network
/// where
///     S: Connect + embedded_io_06::Read + embedded_io_06::ReadReady + embedded_io_06::Write,
/// {
///     Sockets06::new(socket, clock)
/// }
/// ```
#[cfg(feature = "embedded-io-06")]
pub struct Sockets06<S, C> {
    /// The socket.
    pub socket: S,
    /// The clocks.
    pub clock: C,
}

#[cfg(feature = "embedded-io-06")]
impl<S, C> Sockets06<S, C> {
    /// Bundles socket and clock.
    #[must_use]
    pub const fn new(socket: S, clock: C) -> Self {
        Self { socket, clock }
    }
}

#[cfg(feature = "embedded-io")]
network!(embedded_io, Sockets);
#[cfg(feature = "embedded-io-06")]
network!(embedded_io_06, Sockets06);
