//! What `poll` does: lets the handshake read or write, hands received records to whom they are for, and ends the connection.
//!
//! A failure's status, with the alert and what a hint is made from, is written in `describe`; its alert is sent in `fail`.

use core::ops::Range;

use accel::Accel;
use status::{Alert, AlertSeen, Cause, Status, net, ssl};

use super::{Connection, End};
use crate::failure::{Failure, Stop};
use crate::input::ReceivedRecord;
use crate::output::AlertLevel;
use crate::record::ContentType;
use crate::trust::Verdict;
use crate::want::Want;

impl Connection<'_> {
    /// Goes on until nothing more can be done now.
    // Bounded: every turn writes a message of the handshake, or reads a message or a record that was received.
    pub(super) fn advance<A: Accel>(&mut self, accel: &mut A) -> Stop {
        loop {
            if let Err(stop) = self.turn(accel) {
                return stop;
            }
        }
    }

    fn turn<A: Accel>(&mut self, accel: &mut A) -> Result<(), Stop> {
        if matches!(self.end, End::Due | End::AnswerDue) {
            self.send_close(accel)?;
        }
        if matches!(self.end, End::Mutual | End::Abandoned) {
            return Err(Stop::WAITS);
        }
        if self.handshake.is_our_turn() {
            if self.output.is_closed() {
                return self.read_last_words(accel);
            }
            if self.input.has_ended() {
                return self.stream_ended();
            }
            return self.handshake.write(&mut self.input, &mut self.output, accel);
        }
        match self.handshake.read(&mut self.input, &mut self.output, &mut self.idle, accel) {
            Err(Stop::WAITS) => self.read_record(accel),
            result => result,
        }
    }

    /// The socket takes nothing more, and it is our turn: waits for an alert that says why.
    fn read_last_words<A: Accel>(&mut self, accel: &mut A) -> Result<(), Stop> {
        self.handshake.abandon_jobs(&mut self.input, &mut self.output);
        match self.input.record(self.handshake.read_state(), accel)? {
            ReceivedRecord::Record(ContentType::ALERT, opened) => self.read_alert(opened)?,
            ReceivedRecord::Record(..) => return Err(UNEXPECTED.into()),
            ReceivedRecord::Taken => {}
            ReceivedRecord::Incomplete if self.input.is_inside_message() => return Err(UNEXPECTED.into()),
            ReceivedRecord::Incomplete if self.input.has_ended() => return self.stream_ended(),
            ReceivedRecord::Incomplete => return Err(Stop::WAITS),
        }
        Ok(())
    }

    fn read_record<A: Accel>(&mut self, accel: &mut A) -> Result<(), Stop> {
        let (content_type, opened) = match self.input.record(self.handshake.read_state(), accel)? {
            ReceivedRecord::Record(content_type, opened) => (content_type, opened),
            ReceivedRecord::Taken => return Ok(()),
            ReceivedRecord::Incomplete if self.input.has_ended() && self.input.plaintext().is_empty() => {
                return self.stream_ended();
            }
            ReceivedRecord::Incomplete => return Err(Stop::WAITS),
        };
        match content_type {
            ContentType::APPLICATION_DATA => self.read_application_data(opened)?,
            // RFC 5246 §6.2.1: only application data may be empty.
            _ if opened.is_empty() => {
                return Err(Failure::new(ssl::INVALID_RECORD, Alert::UNEXPECTED_MESSAGE).into());
            }
            ContentType::HANDSHAKE => self.input.append(opened),
            ContentType::ALERT => self.read_alert(opened)?,
            _ => {
                let content = self.input.bytes(opened);
                self.handshake.read_change_cipher_spec(content, accel)?;
                self.input.discard();
            }
        }
        Ok(())
    }

    /// RFC 5246 §7.4.9: application data only after both Finished messages, for which the handshake has a proof.
    fn read_application_data(&mut self, opened: Range<usize>) -> Result<(), Failure> {
        let proof = self.handshake.finished().ok_or(UNEXPECTED)?;
        if opened.is_empty() {
            self.idle.empty_record()?;
        } else {
            self.idle.content();
        }
        self.input.deliver(opened, proof);
        Ok(())
    }

    /// RFC 5246 §7.2.
    fn read_alert(&mut self, opened: Range<usize>) -> Result<(), Failure> {
        let [level, description] = *<&[u8; 2]>::try_from(self.input.bytes(opened)).map_err(|_| BAD_ALERT)?;
        let alert = Alert(description);
        match (level, alert) {
            (FATAL, _) => {
                self.alert_received = Some(alert);
                return Err(Failure::silent(ssl::FATAL_ALERT_MESSAGE));
            }
            (WARNING, _) if self.input.is_inside_message() => return Err(UNEXPECTED),
            (WARNING, Alert::CLOSE_NOTIFY) => return self.read_close(),
            // RFC 5746 §4.5 has servers only send it during a renegotiation, which there is none of.
            (WARNING, Alert::NO_RENEGOTIATION) if !self.handshake.is_over() => return Err(UNEXPECTED),
            (WARNING, _) => self.idle.warning_alert()?,
            _ => return Err(BAD_ALERT),
        }
        self.input.discard();
        Ok(())
    }

    /// RFC 5246 §7.2.1: our own close_notify answers it, and nothing more can be written.
    fn read_close(&mut self) -> Result<(), Failure> {
        self.alert_received = Some(Alert::CLOSE_NOTIFY);
        if !self.handshake.is_over() {
            return Err(Failure::silent(ssl::PEER_CLOSE_NOTIFY));
        }
        self.input.discard();
        self.note_close();
        self.end = if self.end.is_said() { End::Mutual } else { End::AnswerDue };
        Ok(())
    }

    /// Sets the status to the peer's close_notify, unless it answers ours and all our data was sent.
    pub(super) fn note_close(&mut self) {
        let is_lost = self.output.is_closed() && self.output.has_unsent_data();
        if self.status.is_none() && (!self.end.is_said() || is_lost) {
            self.status = Some(self.describe(Failure::silent(ssl::PEER_CLOSE_NOTIFY)));
        }
    }

    /// The stream has ended, and everything that came before has been read.
    fn stream_ended(&mut self) -> Result<(), Stop> {
        let end = if self.output.is_closed() {
            Failure::silent(net::SEND_FAILED)
        } else {
            Failure::silent(ssl::CONN_EOF).with(Cause::Truncated)
        };
        if !self.handshake.is_over() {
            return Err(end.into());
        }
        // RFC 5246 §7.2.1: after our close_notify we need not wait for the answer.
        if self.status.is_none() && (!self.end.is_said() || self.output.has_lost()) {
            self.status = Some(self.describe(end));
        }
        Err(Stop::WAITS)
    }

    fn send_close<A: Accel>(&mut self, accel: &mut A) -> Result<(), Failure> {
        self.end = match self.end {
            End::AnswerDue => End::Mutual,
            _ if self.handshake.is_over() => End::Said,
            _ => {
                self.abandon();
                End::Abandoned
            }
        };
        self.output.alert(self.handshake.write_state(), accel, AlertLevel::Warning, Alert::CLOSE_NOTIFY)
    }

    /// Which functions may be called now.
    pub(super) fn want(&mut self) -> Want {
        let sending = !self.send_bytes().is_empty();
        let reading = !self.input.plaintext().is_empty();
        let ended = self.input.has_ended() && !reading && !self.is_busy;
        Want::SEND.when(sending)
            | Want::RECV.when(!self.recv_space().is_empty())
            | Want::READ.when(reading)
            | Want::WRITE.when(!self.write_space().is_empty())
            | Want::BUSY.when(self.is_busy)
            | Want::CLOSED.when(self.is_closed() || ended)
    }

    /// Whether the connection is over and everything was sent.
    fn is_closed(&self) -> bool {
        matches!(self.end, End::Mutual | End::Abandoned) && self.send_bytes().is_empty()
    }

    /// Whether bytes of the socket may be received, as far as there is room. During the handshake the two sides take turns, and in ours the receive
    /// buffer has lent its memory to a job.
    pub(super) fn is_listening(&self) -> bool {
        let is_their_turn = !self.handshake.is_our_turn() || self.output.is_closed();
        !self.is_busy
            && matches!(self.end, End::Open | End::Due | End::Said)
            && (self.handshake.is_over() || (is_their_turn && self.send_bytes().is_empty()))
    }

    /// Whether the application may write, as far as there is room.
    pub(super) fn is_writing(&self) -> bool {
        self.end == End::Open && self.handshake.is_over() && !self.output.is_closed() && self.status.is_none()
    }

    /// Ends the connection with a failure. Fatal alerts are sent only here.
    pub(super) fn fail<A: Accel>(&mut self, failure: Failure, accel: &mut A) {
        let mut status = self.describe(failure);
        let is_said = self.end.is_said();
        self.end = End::Failed;
        // RFC 5246 §7.2.2: a session that ended in a fatal alert must not be resumed.
        self.abandon();
        // RFC 5246 §7.2.1: nothing follows a close_notify.
        if let Some(alert) = failure.alert().filter(|_| !is_said && !self.output.is_closed()) {
            // If the alert cannot be sealed, none is sent.
            if self.output.alert(self.handshake.write_state(), accel, AlertLevel::Fatal, alert).is_ok() {
                status.alert = Some(AlertSeen::Sent(alert));
            }
        }
        self.handshake.forget_keys();
        self.status = Some(status);
    }

    /// Wipes everything but the records that wait to be sent and the keys, which the alert needs.
    fn abandon(&mut self) {
        self.handshake.abandon_jobs(&mut self.input, &mut self.output);
        self.handshake.forget();
        self.input.wipe();
        self.output.abandon();
    }

    /// The status of a failure: code, flags, alert, step and cause. Hints are made from it.
    fn describe(&self, failure: Failure) -> Status {
        let mut status = Status::new(failure.error());
        let Verdict { flags, depth, .. } = self.handshake.objection();
        (status.flags, status.depth) = (flags, depth);
        status.alert = self.alert_received.map(AlertSeen::Received);
        status.step = self.handshake.step();
        status.cause = failure.cause();
        status
    }
}

const UNEXPECTED: Failure = Failure::new(ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE);
const BAD_ALERT: Failure = Failure::new(ssl::INVALID_RECORD, Alert::DECODE_ERROR);
/// Levels of alerts (RFC 5246 §7.2).
const WARNING: u8 = 1;
const FATAL: u8 = 2;
