//! Who may do what: the password, log-in and log-out, the token of a change.

use accel::Rng;
use embassy_time::Instant;
use status::Error;

use super::{
    Outcome, Server, form::Form, head::Head, incoming::Incoming, password, refusal::Refusal, sessions::Secret,
};
use crate::{board::Board, settings::PasswordHash, texts::refusal as texts};

/// What a change that is allowed begins with: a form whose token, if it has one, is used up.
pub(super) type Fields<'a> = core::iter::Peekable<Form<'a>>;

impl<B: Board> Server<'_, B> {
    /// Whether the menu has a password.
    pub(super) fn password(&self) -> Option<PasswordHash> {
        self.device.settings.borrow().access.password.clone()
    }

    /// The token of the request's session; `touch` says whether the request counts as its use.
    pub(super) fn token(&self, head: &Head, touch: bool) -> Option<Secret> {
        self.sessions.borrow_mut().token(head.session.as_ref()?, now(), touch)
    }

    /// Reads a form that may change something: its first field, or the head, has the token.
    pub(super) async fn fields<'i>(
        &self,
        head: &Head,
        token: &Secret,
        incoming: &'i mut Incoming<'_, '_>,
    ) -> Result<Fields<'i>, Refusal> {
        incoming.expect_body(head).await?;
        let mut fields = Form::new(incoming.form().await?).peekable();
        let field = fields.next_if(|field| matches!(field, Ok(("token", _))));
        let sent = field.and_then(Result::ok).and_then(|(_, value)| Secret::read(value.as_bytes()));
        if [&sent, &head.token].into_iter().flatten().any(|sent| sent.is(token)) {
            Ok(fields)
        } else {
            Err(Refusal::new(403, texts::NO_TOKEN))
        }
    }

    /// `POST /login`
    pub(super) async fn log_in(
        &self,
        head: &Head,
        incoming: &mut Incoming<'_, '_>,
    ) -> Result<Outcome, Refusal> {
        incoming.expect_body(head).await?;
        let [password] = texts(Form::new(incoming.form().await?), ["password"])?;
        self.check(password).await?;
        self.begin_session()
    }

    /// `POST /password`: the first one by whoever comes first, another one by whoever knows the present one.
    pub(super) async fn set_password(
        &self,
        head: &Head,
        incoming: &mut Incoming<'_, '_>,
    ) -> Result<Outcome, Refusal> {
        let is_first = self.password().is_none();
        let [password, current] = if is_first {
            incoming.expect_body(head).await?;
            texts(Form::new(incoming.form().await?), ["password", "current"])?
        } else {
            let token = self.token(head, true).ok_or(NOT_LOGGED_IN)?;
            texts(self.fields(head, &token, incoming).await?, ["password", "current"])?
        };
        if !(password::MIN_LENGTH..=password::MAX_LENGTH).contains(&password.len()) {
            return Err(Refusal::new(422, texts::PASSWORD_LENGTH));
        }
        if !is_first {
            self.check(current).await?;
        }
        let _turn = self.password.try_lock().map_err(|_| Refusal { retry_after: 1, ..PAUSE })?;
        let hash = password::hash(&self.device.accel, password).await?;
        if is_first && self.password().is_some() {
            // Somebody else came first.
            return Err(NOT_LOGGED_IN);
        }
        let mut settings = self.device.settings.borrow().clone();
        settings.access.password = Some(hash);
        self.device.store_settings(&settings).await?;
        self.sessions.borrow_mut().end_all();
        self.begin_session()
    }

    /// Whether it is the password; one attempt at a time, and none during the pause after a wrong one.
    async fn check(&self, password: &str) -> Result<(), Refusal> {
        let _turn = self.password.try_lock().map_err(|_| Refusal { retry_after: 1, ..PAUSE })?;
        if let Some(left) = self.pauses.borrow().left(now()) {
            return Err(Refusal { retry_after: left, ..PAUSE });
        }
        let kept = self.password().ok_or(Refusal::new(403, texts::NO_PASSWORD_YET))?;
        if password::is_right(&self.device.accel, password, &kept).await? {
            self.pauses.borrow_mut().succeeded();
            Ok(())
        } else {
            self.pauses.borrow_mut().failed(now());
            Err(Refusal::new(403, texts::WRONG_PASSWORD))
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
const PAUSE: Refusal = Refusal::new(429, texts::PAUSE);

/// Seconds since boot.
fn now() -> u64 {
    Instant::now().as_secs()
}

/// The values of these fields; empty for one that is not there. Other fields are refused.
fn texts<'a, const N: usize>(
    fields: impl Iterator<Item = <Form<'a> as Iterator>::Item>,
    names: [&str; N],
) -> Result<[&'a str; N], Refusal> {
    let mut values = [""; N];
    for field in fields {
        let (name, value) = field.map_err(|_| Refusal::new(400, texts::UNKNOWN_FIELD))?;
        let place = names.iter().zip(&mut values).find(|(known, _)| **known == name);
        *place.ok_or(Refusal::new(400, texts::UNKNOWN_FIELD))?.1 = value;
    }
    Ok(values)
}
