//! A TCP proxy on loopback that can cut every connection in its hands, as a network does.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

/// The proxy of one server's port.
pub struct Proxy {
    port: u16,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// Starts a proxy for a port of 127.0.0.1.
    ///
    /// # Errors
    /// When the system gives no socket.
    pub fn start(server: u16) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("proxy: {error}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let streams: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let known = Arc::clone(&streams);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is away: the client sees the end at once.
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else { continue };
                let _ = connect(client, server, &known);
            }
        });
        Ok(Self { port, streams })
    }

    /// The proxy's own port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends every connection at once, in both directions; how many there were. New ones are let through.
    pub fn cut(&self) -> usize {
        let streams = std::mem::take(&mut *lock(&self.streams));
        // Those that had ended already do not count; and the second side of one may end as soon as the first one does.
        let ended = streams.iter().filter(|stream| stream.shutdown(Shutdown::Both).is_ok()).count();
        ended.div_ceil(2)
    }
}

/// Carries bytes both ways, a thread each.
fn connect(client: TcpStream, server: TcpStream, known: &Mutex<Vec<TcpStream>>) -> std::io::Result<()> {
    lock(known).extend([client.try_clone()?, server.try_clone()?]);
    let (client_too, server_too) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || carry(client, server));
    thread::spawn(move || carry(server_too, client_too));
    Ok(())
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if to.write_all(buffer.get(..length).unwrap_or_default()).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
