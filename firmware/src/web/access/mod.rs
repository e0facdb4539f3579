//! Who may ask: log-in and log-out, sessions and their tokens, and the host names that the device answers to.

pub mod host;
pub mod password;
pub mod sessions;
pub mod turns;

use core::cell::{Cell, RefCell};

use accel::Rng;
use embassy_time::{Duration, Instant, Timer};
use status::Error;

use super::{
    handle::Handle,
    protocol::{form::Form, incoming::Incoming, workers::Occupation},
    refusal::{Refusal, UNKNOWN_FIELD},
};
use crate::{board::Board, settings::PasswordHash, texts::refusal as texts};
use sessions::{Pass, Secret, Sessions};
use turns::{Source, Ticket, Turn, Turns};

/// The door of the menu.
pub(super) struct Access<'d, B: Board> {
    device: Handle<'d, B>,
    sessions: RefCell<Sessions>,
    turns: RefCell<Turns>,
}

/// The secrets of a session that has begun.
pub(super) struct Begun {
    pub(super) cookie: Secret,
    pub(super) token: Secret,
}

impl<'d, B: Board> Access<'d, B> {
    /// Nobody is logged in.
    pub(super) fn new(device: Handle<'d, B>) -> Self {
        Self { device, sessions: RefCell::default(), turns: RefCell::default() }
    }

    /// Whether the menu has a password.
    pub(super) fn password(&self) -> Option<PasswordHash> {
        self.device.setup.settings.borrow().access.password.clone()
    }

    /// The token of the request's session; `touch` says whether the request counts as its use.
    pub(super) fn token(&self, pass: &Pass, touch: bool) -> Option<Secret> {
        self.sessions.borrow_mut().token(pass.cookie.as_ref()?, now(), touch)
    }

    /// Ends the request's session.
    pub(super) fn log_out(&self, pass: &Pass) {
        if let Some(cookie) = &pass.cookie {
            self.sessions.borrow_mut().end(cookie);
        }
    }

    /// Reads a form that may do something: with a session its first field, or the head, has the token.
    pub(super) async fn fields<'i>(
        &self,
        pass: &Pass,
        token: Option<&Secret>,
        incoming: &'i mut Incoming<'_, '_>,
    ) -> Result<Form<'i>, Refusal> {
        incoming.expect_body().await?;
        let form = incoming.form().await?;
        let Some(token) = token else { return Ok(form) };
        let mut fields = form;
        let sent = fields.next().filter(|(name, _)| *name == "token");
        // Without the token there the first field is one like the others.
        let fields = if sent.is_some() { fields } else { form };
        let sent = sent.and_then(|(_, value)| Secret::read(value.as_bytes()));
        let is_sent = pass.has(token) || sent.is_some_and(|sent| sent.is(token));
        if is_sent { Ok(fields) } else { Err(NO_TOKEN) }
    }

    /// `POST /login`, and `POST /password`: the first password may be set by anybody, another one only with the present one.
    ///
    /// One password is checked at a time, each in its turn: see [`Turns`].
    pub(super) async fn enter(
        &self,
        is_new: bool,
        pass: &Pass,
        incoming: &mut Incoming<'_, '_>,
    ) -> Result<Begun, Refusal> {
        let kept = self.password();
        if kept.is_none() && !is_new {
            return Err(Refusal::new(403, texts::NO_PASSWORD_YET));
        }
        let token = match &kept {
            Some(_) if is_new => Some(self.token(pass, true).ok_or(NOT_LOGGED_IN)?),
            _ => None,
        };
        if token.is_some() {
            incoming.occupation().set(Occupation::LoggedIn);
        }
        let (source, occupation) = (self.source(pass, incoming), incoming.occupation());
        let [password, current] =
            texts(self.fields(pass, token.as_ref(), incoming).await?, ["password", "current"])?;
        if is_new && !(password::MIN_LENGTH..=password::MAX_LENGTH).contains(&password.len()) {
            return Err(Refusal::new(422, texts::PASSWORD_LENGTH));
        }
        let _turn = self.turn(source, occupation).await?;
        if let Some(kept) = &kept {
            let claimed = if is_new { current } else { password };
            if !password::is_right(self.device.accel, claimed, kept).await? {
                self.turns.borrow_mut().failed(source, Instant::now().as_millis());
                return Err(Refusal::new(403, texts::WRONG_PASSWORD));
            }
            self.turns.borrow_mut().succeeded(source);
        }
        // What was known before the turn may have changed: somebody else came first.
        if self.password() != kept {
            return Err(NOT_LOGGED_IN);
        }
        if is_new {
            let hash = password::hash(self.device.accel, password).await?;
            let mut settings = self.device.setup.settings.borrow().clone();
            settings.access.password = Some(hash);
            self.device.setup.store_settings(&settings).await?;
            self.sessions.borrow_mut().end_all();
        }
        occupation.set(Occupation::LoggedIn);
        self.begin_session()
    }

    /// Who asks: a browser that is or was logged in, by its cookie, anybody else by the address.
    fn source(&self, pass: &Pass, incoming: &Incoming<'_, '_>) -> Source {
        let number = pass.cookie.as_ref().and_then(|cookie| self.sessions.borrow().number(cookie));
        number.map_or(Source::Address(incoming.peer()), Source::Session)
    }

    /// Waits for the turn to check a password.
    async fn turn(&self, source: Source, occupation: &Cell<Occupation>) -> Result<InLine<'_>, Refusal> {
        let ticket = self.turns.borrow_mut().line_up(source).ok_or(PAUSE)?;
        let in_line = InLine { turns: &self.turns, ticket };
        if occupation.get() != Occupation::LoggedIn {
            occupation.set(Occupation::Waiting);
        }
        // As many turns as others have before, each of a bounded time.
        loop {
            let turn = self.turns.borrow_mut().turn(ticket, Instant::now().as_millis());
            match turn {
                Turn::Now => return Ok(in_line),
                Turn::Later => Timer::after(GLANCE).await,
                Turn::Never => return Err(PAUSE),
            }
        }
    }

    fn begin_session(&self) -> Result<Begun, Refusal> {
        let (cookie, token) = (self.secret()?, self.secret()?);
        self.sessions.borrow_mut().begin(cookie.clone(), token.clone(), now());
        Ok(Begun { cookie, token })
    }

    fn secret(&self) -> Result<Secret, Error> {
        let mut random = [0; 16];
        self.device.accel.borrow_mut().fill(&mut random)?;
        Ok(Secret::new(random))
    }
}

/// A change without its token.
pub(super) const NO_TOKEN: Refusal = Refusal::new(403, texts::NO_TOKEN);
/// No session, or one that has ended.
pub(super) const NOT_LOGGED_IN: Refusal = Refusal::new(401, texts::NOT_LOGGED_IN);
const PAUSE: Refusal = Refusal { retry_after: 1, ..Refusal::new(429, texts::PAUSE) };
/// How often a waiting attempt checks whether it is its turn.
const GLANCE: Duration = Duration::from_millis(20);

/// A place in the line, given back however the request ends.
struct InLine<'t> {
    turns: &'t RefCell<Turns>,
    ticket: Ticket,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.turns.borrow_mut().leave(self.ticket);
    }
}

/// Seconds since boot.
fn now() -> u64 {
    Instant::now().as_secs()
}

/// The values of these fields; empty for one that is not there. Other fields are refused.
fn texts<'a, const N: usize>(fields: Form<'a>, names: [&str; N]) -> Result<[&'a str; N], Refusal> {
    let mut values = [""; N];
    for (name, value) in fields {
        let place = names.iter().zip(&mut values).find(|(known, _)| **known == name);
        *place.ok_or(UNKNOWN_FIELD)?.1 = value;
    }
    Ok(values)
}
