//! Who may do what: the password, log-in and log-out, the token of a change.

use core::cell::{Cell, RefCell};

use accel::Rng;
use embassy_time::{Duration, Instant, Timer};
use status::Error;

use super::{
    Outcome, Server,
    form::Form,
    head::Head,
    incoming::Incoming,
    password,
    places::Place,
    refusal::Refusal,
    sessions::Secret,
    turns::{Source, Ticket, Turn, Turns},
};
use crate::{board::Board, settings::PasswordHash, texts::refusal as texts};

impl<B: Board> Server<'_, B> {
    /// Whether the menu has a password.
    pub(super) fn password(&self) -> Option<PasswordHash> {
        self.device.settings.borrow().access.password.clone()
    }

    /// The token of the request's session; `touch` says whether the request counts as its use.
    pub(super) fn token(&self, head: &Head, touch: bool) -> Option<Secret> {
        self.sessions.borrow_mut().token(head.session.as_ref()?, now(), touch)
    }

    /// Reads a form that may do something: with a session its first field, or the head, has the token.
    pub(super) async fn fields<'i>(
        &self,
        head: &Head,
        token: Option<&Secret>,
        incoming: &'i mut Incoming<'_, '_>,
    ) -> Result<Form<'i>, Refusal> {
        incoming.expect_body(head).await?;
        let form = incoming.form().await?;
        let Some(token) = token else { return Ok(form) };
        let mut fields = form;
        let sent = fields.next().filter(|(name, _)| *name == "token");
        // Without the token there the first field is one like the others.
        let fields = if sent.is_some() { fields } else { form };
        let sent = sent.and_then(|(_, value)| Secret::read(value.as_bytes()));
        if [&sent, &head.token].into_iter().flatten().any(|sent| sent.is(token)) {
            Ok(fields)
        } else {
            Err(Refusal::new(403, texts::NO_TOKEN))
        }
    }

    /// `POST /login`, and `POST /password`: the first one by whoever comes first, another one by whoever knows the present one.
    ///
    /// One password is checked at a time, each in its turn: see [`Turns`](super::turns::Turns).
    pub(super) async fn enter(
        &self,
        is_new: bool,
        head: &Head,
        incoming: &mut Incoming<'_, '_>,
    ) -> Result<Outcome, Refusal> {
        let kept = self.password();
        if kept.is_none() && !is_new {
            return Err(Refusal::new(403, texts::NO_PASSWORD_YET));
        }
        let token = match &kept {
            Some(_) if is_new => Some(self.token(head, true).ok_or(NOT_LOGGED_IN)?),
            _ => None,
        };
        if token.is_some() {
            incoming.place().set(Place::LoggedIn);
        }
        let (source, place) = (self.source(head, incoming), incoming.place());
        let [password, current] =
            texts(self.fields(head, token.as_ref(), incoming).await?, ["password", "current"])?;
        if is_new && !(password::MIN_LENGTH..=password::MAX_LENGTH).contains(&password.len()) {
            return Err(Refusal::new(422, texts::PASSWORD_LENGTH));
        }
        let _turn = self.turn(source, place).await?;
        if let Some(kept) = &kept {
            let claimed = if is_new { current } else { password };
            if !password::is_right(&self.device.accel, claimed, kept).await? {
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
            let hash = password::hash(&self.device.accel, password).await?;
            let mut settings = self.device.settings.borrow().clone();
            settings.access.password = Some(hash);
            self.device.store_settings(&settings).await?;
            self.sessions.borrow_mut().end_all();
        }
        place.set(Place::LoggedIn);
        self.begin_session()
    }

    /// Who asks: a browser that is or was logged in, by its cookie, anybody else by the address.
    fn source(&self, head: &Head, incoming: &Incoming<'_, '_>) -> Source {
        let number = head.session.as_ref().and_then(|cookie| self.sessions.borrow().number(cookie));
        number.map_or(Source::Address(incoming.peer()), Source::Session)
    }

    /// Waits for the turn to check a password.
    async fn turn(&self, source: Source, place: &Cell<Place>) -> Result<Served<'_>, Refusal> {
        let ticket = self.turns.borrow_mut().line_up(source).ok_or(PAUSE)?;
        let served = Served { turns: &self.turns, ticket };
        if place.get() != Place::LoggedIn {
            place.set(Place::Waiting);
        }
        // As many turns as others have before, each of a bounded time.
        loop {
            let turn = self.turns.borrow_mut().turn(ticket, Instant::now().as_millis());
            match turn {
                Turn::Now => return Ok(served),
                Turn::Later => Timer::after(GLANCE).await,
                Turn::Never => return Err(PAUSE),
            }
        }
    }

    fn begin_session(&self) -> Result<Outcome, Refusal> {
        let (cookie, token) = (self.secret()?, self.secret()?);
        self.sessions.borrow_mut().begin(cookie.clone(), token.clone(), now());
        Ok(Outcome::LoggedIn { cookie, token })
    }

    fn secret(&self) -> Result<Secret, Error> {
        let mut random = [0; 16];
        self.device.accel.borrow_mut().fill(&mut random)?;
        Ok(Secret::new(random))
    }
}

const NOT_LOGGED_IN: Refusal = Refusal::new(401, texts::NOT_LOGGED_IN);
const PAUSE: Refusal = Refusal { retry_after: 1, ..Refusal::new(429, texts::PAUSE) };
/// How often whoever waits for a turn looks whether it has come.
const GLANCE: Duration = Duration::from_millis(20);

/// A place in the line, given back however the request ends.
struct Served<'t> {
    turns: &'t RefCell<Turns>,
    ticket: Ticket,
}

impl Drop for Served<'_> {
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
        *place.ok_or(Refusal::new(400, texts::UNKNOWN_FIELD))?.1 = value;
    }
    Ok(values)
}
