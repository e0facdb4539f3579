//! Who may do what: the password, log-in and log-out, the token of a change.

use accel::Rng;
use embassy_time::Instant;
use status::Error;

use super::{
    Outcome, Server, form::Form, head::Head, incoming::Incoming, password, refusal::Refusal, sessions::Secret,
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
    /// One password is checked at a time, and none during the pause after a wrong one.
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
        let [password, current] =
            texts(self.fields(head, token.as_ref(), incoming).await?, ["password", "current"])?;
        if is_new && !(password::MIN_LENGTH..=password::MAX_LENGTH).contains(&password.len()) {
            return Err(Refusal::new(422, texts::PASSWORD_LENGTH));
        }
        let _turn = self.password.try_lock().map_err(|_| Refusal { retry_after: 1, ..PAUSE })?;
        if let Some(kept) = &kept {
            if let Some(left) = self.pauses.borrow().left(now()) {
                return Err(Refusal { retry_after: u8::try_from(left).unwrap_or(u8::MAX), ..PAUSE });
            }
            let claimed = if is_new { current } else { password };
            if !password::is_right(&self.device.accel, claimed, kept).await? {
                self.pauses.borrow_mut().failed(now());
                return Err(Refusal::new(403, texts::WRONG_PASSWORD));
            }
            self.pauses.borrow_mut().succeeded();
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
        self.begin_session()
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
const PAUSE: Refusal = Refusal::new(429, texts::PAUSE);

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
