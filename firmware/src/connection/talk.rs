//! The loop around socket, transport and conversation.
//!
//! A turn does what can be done at once; only when nothing can does the loop wait, for the socket, for a change of the inputs, the outputs
//! or the settings, or for time to pass. A slice of a public-key operation ends a turn, and every other task has its own in between.
//! The accelerator is borrowed for one call at a time.

use core::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use embassy_futures::{
    select::{Either, select, select3},
    yield_now,
};
use embassy_net::tcp::TcpSocket;
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, watch::Receiver};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use status::{Error, Status, Step, net, ssl};
use tls12::Want;

use super::{
    Plan,
    attempt::{Ended, Why},
    conversation::{Command, Conversation, Heard},
    persist,
    report::Report,
    retained::Retained,
    transport::Transport,
};
use crate::{
    backup::{self, Slot},
    board::{Board, Pins},
    device::{Connection, ConnectionState, Device, WATCHERS},
    supervisor::Task,
};

/// Where a conversation takes place.
pub(super) struct Place<'a, B: Board> {
    pub(super) device: &'a Device<B>,
    pub(super) plan: &'a Plan,
    /// What this conversation clears.
    pub(super) retained: &'a Retained,
}

/// What a turn came to.
enum Turn {
    /// Something was done: another turn.
    Moved,
    /// A slice of a long computation is done.
    Busy,
    /// Nothing can be done before the socket has given or taken what is wanted.
    Wait(Want),
    /// The connection is over.
    Over,
}

/// When what happened.
struct Times {
    begun: Instant,
    /// The end of the handshake.
    secured: Option<Instant>,
    /// The broker's acceptance.
    accepted: Option<Instant>,
}

/// Talks until the end.
pub(super) async fn talk<B: Board>(
    place: &Place<'_, B>,
    socket: &mut TcpSocket<'_>,
    transport: &mut Transport<'_>,
    conversation: &mut Conversation<'_, '_>,
) -> Ended {
    let mut times = Times { begun: Instant::now(), secured: None, accepted: None };
    let why = match converse(place, socket, transport, conversation, &mut times).await {
        Ok(why) => why,
        // Whatever goes wrong because the broker has gone away is no failure of ours.
        Err(status) if times.accepted.is_some() && is_loss(&status) => Why::Lost,
        Err(status) => Why::Failed(status),
    };
    // Behind the goodbye, if there was one, close_notify; behind a failure, the alert. Neither is worth a failure of its own.
    transport.close();
    let _ = transport.poll(&mut *place.device.accel.borrow_mut());
    let _ = with_timeout(GOODBYE, flush(socket, transport)).await;
    let lasted =
        times.accepted.map_or(Duration::MIN, |accepted| accepted.elapsed().max(Duration::from_millis(1)));
    Ended { lasted, why }
}

async fn converse<B: Board>(
    place: &Place<'_, B>,
    socket: &mut TcpSocket<'_>,
    transport: &mut Transport<'_>,
    conversation: &mut Conversation<'_, '_>,
    times: &mut Times,
) -> Result<Why, Status> {
    let Place { device, plan, .. } = place;
    let mut inputs = device.inputs.receiver();
    let mut outputs = device.outputs.receiver();
    let mut changes = device.changes();
    loop {
        device.progress.tick(Task::Connection);
        if plan.is_outdated(device) {
            leave(place, transport, conversation);
            return Ok(Why::Outdated);
        }
        let turn = turn(place, transport, conversation, times)?;
        if conversation.take_changed() {
            persist(device, conversation.client());
        }
        if conversation.take_cleared() {
            device.forget_retained(place.retained).await;
        }
        let want = match turn {
            Turn::Moved => continue,
            Turn::Busy => {
                yield_now().await;
                continue;
            }
            Turn::Over if times.accepted.is_some() => return Ok(Why::Lost),
            Turn::Over => return Err(transport.status().unwrap_or(Status::new(ssl::CONN_EOF))),
            Turn::Wait(want) => want,
        };
        let deadline = deadline(transport, conversation, times)?;
        let io = poll_fn(|context| poll_socket(socket, transport, want, context));
        let change =
            select3(changed(&mut inputs), changed(&mut outputs), changes.until(|| plan.is_outdated(device)));
        let moved = select(io, select(Timer::at(deadline), change)).await;
        // However fast the broker sends, everybody else has a turn.
        yield_now().await;
        if let Either::First(Err(error)) = moved {
            return Err(transport.status().unwrap_or(status_at(transport.step(), error)));
        }
    }
}

/// Does what can be done without waiting.
fn turn<B: Board>(
    place: &Place<'_, B>,
    transport: &mut Transport<'_>,
    conversation: &mut Conversation<'_, '_>,
    times: &mut Times,
) -> Result<Turn, Status> {
    let device = place.device;
    let want = transport
        .poll(&mut *device.accel.borrow_mut())
        .map_err(|error| transport.status().unwrap_or(Status::new(error)))?;
    let failed = |error| status_at(Step::Traffic, error);
    let now = Instant::now().as_millis();
    if want.contains(Want::READ) {
        let (used, heard) = conversation.read(transport.plaintext(), now).map_err(failed)?;
        transport.consume(used);
        act(place.device, heard, times);
        if used > 0 || heard != Heard::Nothing {
            return Ok(Turn::Moved);
        }
    }
    if want.contains(Want::WRITE) {
        secured(device, transport, times);
        let report = Report::new(device, conversation.client().has_clean_session());
        let written = conversation.write(&report, now, transport.write_space()).map_err(failed)?;
        transport
            .wrote(written, &mut *device.accel.borrow_mut())
            .map_err(|error| transport.status().unwrap_or(failed(error)))?;
        if written > 0 {
            return Ok(Turn::Moved);
        }
    }
    Ok(if want.contains(Want::BUSY) {
        Turn::Busy
    } else if want.contains(Want::CLOSED) {
        Turn::Over
    } else {
        Turn::Wait(want)
    })
}

/// The first time that there is something to write into, the handshake is over: its result is shown, and its session kept.
fn secured<B: Board>(device: &Device<B>, transport: &Transport<'_>, times: &mut Times) {
    if times.secured.is_some() {
        return;
    }
    times.secured = Some(Instant::now());
    if transport.suite().is_some() && device.settings.borrow().mqtt.verify_server_certificate {
        device.clock.vouch();
    }
    let handshake_time = u32::try_from(times.begun.elapsed().as_millis()).unwrap_or(u32::MAX);
    device.set_connection(Connection {
        state: ConnectionState::WaitingForBroker,
        suite: transport.suite(),
        resumed: transport.resumed(),
        handshake_time: if transport.suite().is_some() { handshake_time } else { 0 },
    });
    if !transport.session().is_empty() {
        backup::write(&mut *device.backup.borrow_mut(), Slot::TlsSession, transport.session());
    }
}

/// Does what the broker wants.
fn act<B: Board>(device: &Device<B>, heard: Heard, times: &mut Times) {
    match heard {
        Heard::Nothing => {}
        Heard::Connected => {
            times.accepted = Some(Instant::now());
            device
                .set_connection(Connection { state: ConnectionState::Connected, ..device.connection.get() });
        }
        Heard::Command(command) => switch(device, command),
        Heard::Refused(error) => device.note(status_at(Step::Traffic, error)),
    }
}

fn switch<B: Board>(device: &Device<B>, Command { output, on }: Command) {
    if output >= B::Pins::OUTPUTS.min(8) {
        return;
    }
    let bit = 1_u8 << output;
    device.outputs.sender().send_modify(|outputs| {
        let before = outputs.unwrap_or(0);
        *outputs = Some(if on { before | bit } else { before & !bit });
    });
}

/// Says goodbye, if the broker listens; there is no failure that anybody would want to know of.
fn leave<B: Board>(
    place: &Place<'_, B>,
    transport: &mut Transport<'_>,
    conversation: &mut Conversation<'_, '_>,
) {
    let now = Instant::now().as_millis();
    if let Ok(written) = conversation.leave(now, transport.write_space()) {
        let _ = transport.wrote(written, &mut *place.device.accel.borrow_mut());
    }
}

/// Until when to wait at most.
fn deadline(
    transport: &Transport<'_>,
    conversation: &Conversation<'_, '_>,
    times: &Times,
) -> Result<Instant, Status> {
    let limit = times.begun.saturating_add(HANDSHAKE_TIME);
    if times.accepted.is_none() && Instant::now() >= limit {
        return Err(status_at(transport.step(), ssl::TIMEOUT));
    }
    let now = Instant::now();
    let (soonest, turn) = (now.saturating_add(PAUSE), now.saturating_add(TURN));
    Ok(conversation.deadline().map_or(turn, |deadline| Instant::from_millis(deadline).clamp(soonest, turn)))
}

/// Lets the socket give and take what is there. The socket's own futures keep no state, so that asking anew loses nothing.
fn poll_socket(
    socket: &mut TcpSocket<'_>,
    transport: &mut Transport<'_>,
    want: Want,
    context: &mut Context<'_>,
) -> Poll<Result<(), Error>> {
    let mut has_moved = false;
    if want.contains(Want::RECV) {
        let read = pin!(socket.read(transport.recv_space())).poll(context);
        match read {
            Poll::Ready(Ok(length)) => {
                transport.received(length);
                has_moved = true;
            }
            Poll::Ready(Err(_)) => return Poll::Ready(Err(net::CONN_RESET)),
            Poll::Pending => {}
        }
    }
    if want.contains(Want::SEND) {
        let written = pin!(socket.write(transport.send_bytes())).poll(context);
        match written {
            Poll::Ready(result) => {
                // A broken socket takes everything: what the broker said before it broke off, such as an alert, is still to be
                // read, and after it reading fails, too.
                transport.sent(result.unwrap_or(transport.send_bytes().len()));
                has_moved = true;
            }
            Poll::Pending => {}
        }
    }
    if has_moved { Poll::Ready(Ok(())) } else { Poll::Pending }
}

/// Sends what is left to send, as far as the socket takes it.
async fn flush(socket: &mut TcpSocket<'_>, transport: &mut Transport<'_>) {
    while !transport.send_bytes().is_empty() {
        match socket.write(transport.send_bytes()).await {
            Ok(length) if length > 0 => transport.sent(length),
            _ => return,
        }
    }
}

fn status_at(step: Step, error: Error) -> Status {
    let mut status = Status::new(error);
    status.step = step;
    status
}

/// Whether the broker, or the way to it, has gone.
fn is_loss(status: &Status) -> bool {
    [net::CONN_RESET, ssl::CONN_EOF, ssl::PEER_CLOSE_NOTIFY].contains(&status.error)
}

async fn changed(receiver: &mut Option<Receiver<'_, NoopRawMutex, u8, WATCHERS>>) {
    match receiver {
        Some(receiver) => drop(receiver.changed().await),
        None => core::future::pending().await,
    }
}

/// Handshake and CONNACK together, on a slow line with a slow server.
const HANDSHAKE_TIME: Duration = Duration::from_secs(60);
/// No wait is longer, so that progress shows.
const TURN: Duration = Duration::from_secs(5);
/// What is due but has no room is not tried again without a pause.
const PAUSE: Duration = Duration::from_millis(20);
const GOODBYE: Duration = Duration::from_secs(2);
