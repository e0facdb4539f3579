//! One connection after the other, while the plan holds: say what is due, do what the broker commands, and judge each end.
//!
//! [`mqtts`] moves the bytes. Other tasks run between two of its turns. A change of inputs, outputs or settings ends a wait, which can
//! be dropped at any point.

use core::pin::pin;

use embassy_futures::{
    select::{Either, select, select3},
    yield_now,
};
use embassy_net::Stack;
use embassy_time::{Duration, Instant, Timer, with_timeout};
use mqtts::{
    Client,
    asynchronous::{Connect, Session},
};
use status::{
    AlertSeen, Cause, Error, Status, Step,
    mqtt::{
        CONNECTION_CLOSED, KEEP_ALIVE_TIMEOUT, MALFORMED_PACKET, REFUSED_NOT_AUTHORIZED,
        REFUSED_USER_NAME_OR_PASSWORD, UNEXPECTED_PACKET,
    },
    net, ssl,
};

use super::{
    Handle, Plan,
    conversation::{Command, Conversation, Heard},
    patience::Patience,
    persist,
    report::Report,
    set_state, unless_outdated,
    way::{self, Clocks, Shared, Way},
};
use crate::{
    backup::{self, Slot},
    board::{Board, Pins},
    connection_state::{Connection, ConnectionState},
    failure::hint::is_refused_without_certificate,
    supervisor::Task,
};

/// What is talked about, and why.
pub(super) struct Talk<'a, B: Board> {
    pub(super) device: &'a Handle<'a, B>,
    pub(super) plan: &'a Plan,
    /// Whether there are a client certificate and its key.
    pub(super) has_identity: bool,
}

type Line<'c, 'b, B> = Session<'c, 'b, Shared<'c, B>, Way<'c, B>, Clocks<'c, B>>;

/// When what happened on a connection.
struct Times {
    begun: Instant,
    /// The end of the handshake.
    secured: Option<Instant>,
    /// The broker's acceptance.
    accepted: Option<Instant>,
}

/// What one connection leaves for the next.
struct Course {
    /// Until when a broker that cannot be reached is only being restarted.
    grace: Instant,
    patience: Patience,
}

impl<'a, B: Board> Talk<'a, B> {
    /// Connects again and again until the plan is outdated.
    pub(super) async fn run(&self, stack: Stack<'a>, client: &mut Client<'_>, memory: &mut way::Memory) {
        let Self { device, plan, .. } = *self;
        let way = Way::new(device, stack, plan, memory);
        let mut line = Session::new(client, Shared(device), way, Clocks(device));
        let mut course = Course { grace: Instant::MIN, patience: Patience::default() };
        loop {
            let mut reached = Ok(());
            // The pause, and the way to the broker.
            let reach = async { reached = line.next().await.map(drop) };
            if !unless_outdated(device, plan, pin!(reach)).await {
                return line.socket.disconnect().await;
            }
            let mut times = Times { begun: Instant::now(), secured: None, accepted: None };
            let ended = match reached {
                Ok(()) => {
                    let ended = self.converse(&mut line, &mut times).await;
                    keep_tls_session(device, line.client);
                    ended
                }
                Err(status) => Err(status),
            };
            let Err(status) = ended else { return };
            self.judge(line.client, &mut course, &times, status);
        }
    }

    /// Talks until the connection ends, and tells why; nothing when it was left, as the plan is outdated.
    async fn converse(&self, line: &mut Line<'_, '_, B>, times: &mut Times) -> Result<(), Status> {
        let Self { device, plan, .. } = *self;
        let retained = device.setup.retained.borrow().clone();
        let mut conversation = Conversation::new(&plan.names, &plan.settings).clearing(&retained);
        let mut inputs = device.ports.inputs().news();
        let mut outputs = device.ports.outputs().news();
        let mut changes = device.setup.changes();
        loop {
            device.progress.tick(Task::Connection);
            if plan.is_outdated(device) {
                leave(device, line, &conversation).await;
                return Ok(());
            }
            self.show_secured(line.client, times);
            if let Err(error) = say(device, line.client, &mut conversation) {
                line.socket.disconnect().await;
                return Err(end(device, line.client, error));
            }
            if line.client.take_changed() {
                persist(device, line.client);
            }
            if conversation.take_cleared()
                && let Err(error) = device.setup.forget_retained(&retained).await
            {
                device.journal.note(Status::new(error));
            }
            let now = Instant::now();
            let (soonest, turn) = (now.saturating_add(PAUSE), now.saturating_add(TURN));
            let pause =
                conversation.deadline().map_or(turn, |at| Instant::from_millis(at).clamp(soonest, turn));
            let pause = Timer::at(pause);
            let change =
                select3(inputs.changed(), outputs.changed(), changes.until(|| plan.is_outdated(device)));
            match select(line.next(), select(pause, change)).await {
                Either::First(Ok(Some(event))) => act(device, conversation.hear(&event), times),
                Either::First(Ok(None)) | Either::Second(_) => {}
                Either::First(Err(status)) => return Err(status),
            }
            // However fast the broker sends, everybody else has a turn.
            yield_now().await;
        }
    }

    /// As soon as TLS is ready: its result is shown, and its session kept.
    fn show_secured(&self, client: &Client<'_>, times: &mut Times) {
        let tls = client.tls();
        if times.secured.is_some() || tls.is_some_and(|tls| tls.step() != Step::Traffic) {
            return;
        }
        times.secured = Some(Instant::now());
        let Self { device, plan, .. } = *self;
        if tls.is_some() && plan.settings.verify_server_certificate {
            device.clock.vouch();
        }
        let handshake_time = u32::try_from(times.begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        device.journal.set_connection(Connection {
            state: ConnectionState::WaitingForBroker,
            suite: tls.and_then(|tls| tls.suite()),
            resumed: tls.is_some_and(|tls| tls.resumed()),
            handshake_time: tls.map_or(0, |_| handshake_time),
        });
        keep_tls_session(device, client);
    }

    /// What the end of a connection means: for the status codes, for the session, and for what follows.
    fn judge(&self, client: &mut Client<'_>, course: &mut Course, times: &Times, mut status: Status) {
        let Self { device, plan, has_identity } = *self;
        let lasted = times.accepted.map(|accepted| accepted.elapsed());
        if course.patience.is_over(lasted, client.mqtt().has_clean_session()) {
            client.begin_anew();
        }
        persist(device, client);
        let is_only_restarted = if lasted.is_some() {
            is_loss(&status)
        } else {
            is_forgiven(&status) && Instant::now() < course.grace
        };
        if !is_only_restarted {
            explain(&mut status, plan, has_identity);
            if !plan.settings.tls && lasted.is_none() && is_no_mqtt(status.error) {
                status.cause = Cause::NotMqtt;
            }
            device.journal.note(status);
        }
        if lasted.is_some() {
            course.grace = Instant::now().saturating_add(GRACE);
        }
        set_state(device, ConnectionState::WaitingToRetry);
    }
}

/// Says all that is due and has room.
fn say<B: Board>(
    device: &Handle<'_, B>,
    client: &mut Client<'_>,
    conversation: &mut Conversation<'_>,
) -> Result<(), Error> {
    if !client.is_connected() {
        return Ok(());
    }
    let report = Report::new(device, client.mqtt().has_clean_session());
    let now = Instant::now().as_millis();
    let accel = &mut *device.accel.borrow_mut();
    while conversation.say(client, &report, accel, now)? {}
    Ok(())
}

/// Says goodbye, if the broker listens; there is no failure that anybody would want to know of.
async fn leave<B: Board>(
    device: &Handle<'_, B>,
    line: &mut Line<'_, '_, B>,
    conversation: &Conversation<'_>,
) {
    let now = Instant::now().as_millis();
    let is_silent = !line.client.is_connected();
    let is_said = conversation.leave(line.client, &mut *device.accel.borrow_mut(), now).is_ok();
    if !(is_said || is_silent) || with_timeout(GOODBYE, line.disconnect()).await.is_err() {
        line.socket.disconnect().await;
    }
}

/// Ends a connection on which something could not be said.
fn end<B: Board>(device: &Handle<'_, B>, client: &mut Client<'_>, error: Error) -> Status {
    let now = Instant::now().as_millis();
    let ended = client.ended(Some(error), &mut *device.accel.borrow_mut(), now);
    ended.unwrap_or(Status::new(error))
}

/// Keeps the TLS session for the time after a reset. What has failed, or has nothing to resume from, leaves nothing.
fn keep_tls_session<B: Board>(device: &Handle<'_, B>, client: &Client<'_>) {
    let backup = &mut *device.backup.borrow_mut();
    match client.tls().map(|tls| tls.session()) {
        Some(session) if !session.is_empty() => drop(backup::write(backup, Slot::TlsSession, session)),
        _ => backup::erase(backup, Slot::TlsSession),
    }
}

/// Does what the broker wants.
fn act<B: Board>(device: &Handle<'_, B>, heard: Heard, times: &mut Times) {
    match heard {
        Heard::Nothing => {}
        Heard::Connected => {
            times.accepted = Some(Instant::now());
            device.journal.set_connection(Connection {
                state: ConnectionState::Connected,
                ..device.journal.connection()
            });
        }
        Heard::Command(command) => switch(device, command),
        Heard::Refused(error) => {
            let mut status = Status::new(error);
            status.step = Step::Traffic;
            device.journal.note(status);
        }
    }
}

fn switch<B: Board>(device: &Handle<'_, B>, Command { output, on }: Command) {
    if output >= B::Pins::OUTPUTS.min(8) {
        return;
    }
    let bit = 1_u8 << output;
    device.ports.switch(if on { bit } else { 0 }, if on { 0 } else { bit });
}

/// Adds to a failure what only this end knows.
fn explain(status: &mut Status, plan: &Plan, has_identity: bool) {
    let is_about_certificates = matches!(
        status.alert,
        Some(AlertSeen::Received(alert)) if is_refused_without_certificate(alert, status.step)
    );
    let refusals = [REFUSED_USER_NAME_OR_PASSWORD, REFUSED_NOT_AUTHORIZED];
    if is_about_certificates && !has_identity {
        status.cause = Cause::NoClientCertificate;
    } else if refusals.contains(&status.error)
        && !plan.settings.user_name.is_empty()
        && plan.settings.password.is_empty()
    {
        status.cause = Cause::NoPassword;
    }
}

/// Whether a port that is for something else, such as TLS, fails so before CONNACK: it takes CONNECT for anything else, and answers with
/// something else, hangs up, or waits for more.
fn is_no_mqtt(error: Error) -> bool {
    [net::CONN_RESET, CONNECTION_CLOSED, MALFORMED_PACKET, UNEXPECTED_PACKET, KEEP_ALIVE_TIMEOUT]
        .contains(&error)
}

/// Whether the broker, or the way to it, has gone: no failure of ours, once the broker has accepted the device.
fn is_loss(status: &Status) -> bool {
    [net::CONN_RESET, ssl::CONN_EOF, CONNECTION_CLOSED, ssl::PEER_CLOSE_NOTIFY].contains(&status.error)
}

/// Whether this is how a broker fails that is only being restarted: it refuses, or closes before it has said anything.
fn is_forgiven(status: &Status) -> bool {
    [net::CONNECT_FAILED, net::CONN_RESET, ssl::CONN_EOF, CONNECTION_CLOSED].contains(&status.error)
        && status.alert.is_none()
}

/// No wait is longer, so that progress shows.
const TURN: Duration = Duration::from_secs(5);
/// What is due but has no room is not tried again without a pause.
const PAUSE: Duration = Duration::from_millis(20);
const GOODBYE: Duration = Duration::from_secs(2);
/// For so long after a connection was lost it is no failure that the broker cannot be reached.
const GRACE: Duration = Duration::from_secs(60);
