//! What a lost connection means: a line on standard error, a pause, and the same job again on the next one.
//!
//! As Mosquitto's clients do it: a connection that cannot be made at all is a failure; one that was there and is lost is made again
//! until it works.

use std::io::{self, Write};

use crate::{failure::CommandFailure, options::ConnectionOptions, session::ClientLoop};

/// Does `job` on one connection after the other until it is done. It begins with [`ClientLoop::establish`], and goes on where the last
/// connection has left it.
///
/// # Errors
/// What no new connection mends, and what there is no new connection for: before the first one, with `--no-reconnect`, and after
/// `patience` connections in a row that brought nothing forward.
pub(crate) fn until_done(
    session: &mut ClientLoop<'_, '_, '_>,
    link: &ConnectionOptions,
    patience: u32,
    mut job: impl FnMut(&mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure>,
) -> Result<(), CommandFailure> {
    let (mut vain, mut before) = (0_u32, (0, 0));
    loop {
        let failure = match job(session) {
            Err(failure) if link.reconnect && session.connections > 0 && failure.is_passing() => failure,
            result => return result,
        };
        // An attempt that made no connection says nothing of the job.
        if session.connections > before.0 {
            vain = if session.settled > before.1 { 0 } else { vain.saturating_add(1) };
            before = (session.connections, session.settled);
        }
        if vain >= patience {
            return Err(failure);
        }
        let pause = session.pause().unwrap_or_default();
        // The port was right before.
        let failure = failure.without_hint();
        tell(link, &format!("{failure}; trying again in {:.1} s", pause.as_secs_f64()));
    }
}

/// Tells the user, who may have asked for silence.
pub(crate) fn tell(link: &ConnectionOptions, what: &str) {
    if !link.quiet {
        // Where standard error is gone there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{what}");
    }
}
