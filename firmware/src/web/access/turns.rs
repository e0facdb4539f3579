//! Who may try a password next: one at a time, and each in turn, so that nobody who tries wrong ones without end keeps the owner out.
//!
//! ```text
//!   attempt ──► the line ──► first whose source has no pause ──► check ──► wrong: its source has a pause of half a second
//!               by arrival, a browser that was logged in before all others
//! ```
//! An attempt is not refused during a pause but waits, as long as there is room in the line. The pause is that of a source: an
//! address, or a browser with the cookie of a session. It does not grow, since whoever shares the address of an attacker would wait
//! with him; `SECURITY.md` says how many passwords can be tried so. Where the line is full, whoever has tried fewer wrong ones lately
//! gets the place of one who has tried more, so that several neighbours keep the owner out no more than one does. Time is an
//! argument, in milliseconds since boot.

use core::net::Ipv4Addr;

use heapless::Vec;

use crate::web::protocol::workers::WORKERS;

/// How many attempts of addresses can wait, beside those of sessions: one worker stays for everybody else.
pub const MAX_WAITING: usize = WORKERS - 1;
/// The pause after a wrong password, in milliseconds.
pub const PAUSE: u64 = 500;
/// How long behind its pause a source is remembered, in milliseconds.
const MEMORY: u64 = 60_000;
/// How many sources are remembered; with more of them at once the pause that ends first is forgotten.
const MAX_SOURCES: usize = 16;

/// Who tries a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A browser that is logged in, or was before its session ended by time: the number of its session.
    Session(u8),
    /// Anybody else, by the address.
    Address(Ipv4Addr),
}

/// A place in the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket(u32);

/// What an attempt is told that asks for its turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It is its turn: it is until it leaves.
    Now,
    /// Others are first, or its source has a pause.
    Later,
    /// It has lost its place to another source.
    Never,
}

/// Somebody who has tried a wrong password lately.
#[derive(Clone, Copy)]
struct Guesser {
    source: Source,
    /// When its pause ends.
    until: u64,
    /// How many it has tried since it was remembered.
    tried: u16,
}

/// The line, and who has tried wrong passwords.
#[derive(Default)]
pub struct Turns {
    line: Vec<(Ticket, Source), WORKERS>,
    guessers: Vec<Guesser, MAX_SOURCES>,
    checking: Option<Ticket>,
    last: u32,
}

impl Turns {
    /// Takes a place in the line; none where it is full. An address without a place gets that of one that has several, or
    /// that has tried more wrong passwords.
    pub fn line_up(&mut self, source: Source) -> Option<Ticket> {
        if let Source::Address(_) = source {
            let waiting = self.line.iter().filter(|(_, other)| matches!(other, Source::Address(_))).count();
            if waiting >= MAX_WAITING {
                self.make_room(source)?;
            }
        }
        self.last = self.last.wrapping_add(1);
        let ticket = Ticket(self.last);
        self.line.push((ticket, source)).ok()?;
        Some(ticket)
    }

    /// Whether it is this one's turn.
    pub fn turn(&mut self, ticket: Ticket, now: u64) -> Turn {
        if !self.line.iter().any(|(waiting, _)| *waiting == ticket) {
            return Turn::Never;
        }
        if let Some(checking) = self.checking {
            return if checking == ticket { Turn::Now } else { Turn::Later };
        }
        self.guessers.retain(|guesser| guesser.until.saturating_add(MEMORY) > now);
        let has_pause = |source: &Source| self.guesser(*source).is_some_and(|guesser| guesser.until > now);
        let is_due = |source: &Source| !has_pause(source);
        let is_first = |source: &Source| matches!(source, Source::Session(_));
        let due = || self.line.iter().filter(|(_, source)| is_due(source));
        let next = due().find(|(_, source)| is_first(source)).or_else(|| due().next());
        if next.is_some_and(|(waiting, _)| *waiting == ticket) {
            self.checking = Some(ticket);
            return Turn::Now;
        }
        Turn::Later
    }

    /// Gives the place back.
    pub fn leave(&mut self, ticket: Ticket) {
        self.line.retain(|(waiting, _)| *waiting != ticket);
        if self.checking == Some(ticket) {
            self.checking = None;
        }
    }

    /// Notes a wrong password.
    pub fn failed(&mut self, source: Source, now: u64) {
        let tried = self.tried(source).saturating_add(1);
        self.succeeded(source);
        if self.guessers.is_full() {
            let first = self.guessers.iter().enumerate().min_by_key(|(_, guesser)| guesser.until);
            if let Some((index, _)) = first {
                self.guessers.swap_remove(index);
            }
        }
        // There is room now.
        let _ = self.guessers.push(Guesser { source, until: now.saturating_add(PAUSE), tried });
    }

    /// Notes a right password.
    pub fn succeeded(&mut self, source: Source) {
        self.guessers.retain(|guesser| guesser.source != source);
    }

    fn guesser(&self, source: Source) -> Option<&Guesser> {
        self.guessers.iter().find(|guesser| guesser.source == source)
    }

    /// How many wrong passwords it has tried lately.
    fn tried(&self, source: Source) -> u16 {
        self.guesser(source).map_or(0, |guesser| guesser.tried)
    }

    /// Takes the newest place of an address that has several, or else of the one that has tried the most wrong passwords and more
    /// than `source`; not of one that is being served, and not if `source` has a place already.
    fn make_room(&mut self, source: Source) -> Option<()> {
        if self.line.iter().any(|(_, other)| *other == source) {
            return None;
        }
        let places = |of: &Source| self.line.iter().filter(|(_, other)| other == of).count();
        let waiting = || {
            let is_waiting = |(ticket, of): &&(Ticket, Source)| {
                matches!(of, Source::Address(_)) && self.checking != Some(*ticket)
            };
            self.line.iter().filter(is_waiting)
        };
        let several = waiting().rfind(|(_, of)| places(of) > 1);
        let worse = waiting().filter(|(_, of)| self.tried(*of) > self.tried(source));
        let (victim, _) = *several.or_else(|| worse.max_by_key(|(_, of)| self.tried(*of)))?;
        self.leave(victim);
        Some(())
    }
}
