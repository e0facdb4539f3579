//! Sessions: a random cookie identifies the browser, and every change must also name a random token.
//!
//! Both are only in memory, so a reset ends all sessions. Time is an argument, in seconds since boot.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

use crate::{
    ascii::{hexadecimal, write_hexadecimal},
    web::protocol::head::{Fault, Head},
};

/// How many may be logged in at once.
pub const MAX_SESSIONS: usize = 4;
/// A session ends after so many seconds without a request.
pub const MAX_IDLE: u64 = 15 * 60;
/// A session ends after so many seconds.
pub const MAX_AGE: u64 = 12 * 60 * 60;

/// A random number that cannot be guessed, in hexadecimal where it is written. Has no Debug.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Secret([u8; 16]);

impl Secret {
    /// From 16 random bytes.
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// From its 32 hexadecimal digits.
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; 16];
        hexadecimal(text, &mut bytes).map(|()| Self(bytes))
    }

    /// Compares in constant time.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// The hexadecimal digits.
impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hexadecimal(&self.0, f)
    }
}

/// What a request shows to be let in.
#[derive(Clone)]
pub struct Pass {
    /// The session's cookie.
    pub cookie: Option<Secret>,
    /// The token of `X-Token`.
    pub token: Option<Secret>,
}

impl Pass {
    /// Takes it out of a head (RFC 6265 §5.4 for the cookie).
    ///
    /// # Errors
    /// [`Fault::Malformed`] for two tokens.
    pub fn read(head: &Head<'_>) -> Result<Self, Fault> {
        let cookie = head.cookies().find_map(|cookie| Secret::read(cookie.strip_prefix(b"session=")?));
        Ok(Self { cookie, token: head.only(b"x-token")?.and_then(Secret::read) })
    }

    /// Whether it has this token.
    pub fn has(&self, token: &Secret) -> bool {
        self.token.as_ref().is_some_and(|sent| sent.is(token))
    }
}

/// The sessions.
#[derive(Default)]
pub struct Sessions {
    slots: [Option<Session>; MAX_SESSIONS],
}

struct Session {
    cookie: Secret,
    token: Secret,
    began: u64,
    used: u64,
    /// It has ended by time: its browser is still known, and may log in before others.
    has_ended: bool,
}

impl Session {
    fn is_over(&self, now: u64) -> bool {
        self.has_ended || now.saturating_sub(self.used) > MAX_IDLE || now.saturating_sub(self.began) > MAX_AGE
    }
}

impl Sessions {
    /// Begins a session, in the place of the one that was idle longest if there are too many.
    pub fn begin(&mut self, cookie: Secret, token: Secret, now: u64) {
        let free = |slot: &Option<Session>| match slot {
            Some(session) if !session.is_over(now) => session.used.saturating_add(1),
            _ => 0,
        };
        if let Some(slot) = self.slots.iter_mut().min_by_key(|slot| free(slot)) {
            *slot = Some(Session { cookie, token, began: now, used: now, has_ended: false });
        }
    }

    /// The token of the session with this cookie; `touch` says whether this counts as its use.
    pub fn token(&mut self, cookie: &Secret, now: u64, touch: bool) -> Option<Secret> {
        // All slots are compared, whichever it is.
        let mut found = None;
        for slot in &mut self.slots {
            let Some(session) = slot else { continue };
            session.has_ended = session.is_over(now);
            if session.cookie.is(cookie) && !session.has_ended {
                if touch {
                    session.used = now;
                }
                found = Some(session.token.clone());
            }
        }
        found
    }

    /// The number of the session with this cookie, also of one that has ended by time.
    pub fn number(&self, cookie: &Secret) -> Option<u8> {
        let mut slots = (0_u8..).zip(&self.slots);
        let is_it = |slot: &Option<Session>| slot.as_ref().is_some_and(|session| session.cookie.is(cookie));
        slots.find(|(_, slot)| is_it(slot)).map(|(number, _)| number)
    }

    /// Ends the session with this cookie.
    pub fn end(&mut self, cookie: &Secret) {
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(|session| session.cookie.is(cookie)) {
                *slot = None;
            }
        }
    }

    /// Ends all sessions.
    pub fn end_all(&mut self) {
        *self = Self::default();
    }
}
