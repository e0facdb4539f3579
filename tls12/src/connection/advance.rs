//! What `poll` does: gives our turn and the server's to the handshake, sorts what arrives, and ends the connection.

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
    /// Takes one turn after the other.
    // Bounded: every turn uses up a step of the handshake, a message or a record, and what was received is finite.
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

    /// Where nothing can be written any more: only an alert is worth hearing.
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

    /// RFC 5246 §7.2.1: answered by our own close_notify; what was not written yet is not written any more.
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

    /// The peer's close_notify is what ended the connection, unless it answers ours and everything was sent.
    pub(super) fn note_close(&mut self) {
        let is_lost = self.output.is_closed() && self.output.has_unsent_data();
        if self.status.is_none() && (!self.end.is_said() || is_lost) {
            self.status = Some(self.describe(Failure::silent(ssl::PEER_CLOSE_NOTIFY)));
        }
    }

    /// The stream ended, and everything before its end has been dealt with.
    fn stream_ended(&mut self) -> Result<(), Stop> {
        let end = if self.output.is_closed() {
            Failure::silent(net::SEND_FAILED)
        } else {
            Failure::silent(ssl::CONN_EOF).with(Cause::Truncated)
        };
        if !self.handshake.is_over() {
            return Err(end.into());
        }
        // RFC 5246 §7.2.1: nobody has to wait for the answer to a close_notify.
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

    /// What is needed next.
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

    /// Whether both sides have nothing more to say.
    fn is_closed(&self) -> bool {
        matches!(self.end, End::Mutual | End::Abandoned) && self.send_bytes().is_empty()
    }

    /// Whether the socket's bytes are wanted, as far as there is room. While the handshake lasts, the two sides speak in turns, and the
    /// receive buffer is the memory of a job in ours.
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

    /// The one place where a fatal alert is sent.
    pub(super) fn fail<A: Accel>(&mut self, failure: Failure, accel: &mut A) {
        let mut status = self.describe(failure);
        let is_said = self.end.is_said();
        self.end = End::Failed;
        // RFC 5246 §7.2.2: a session that ended in a fatal alert must not be resumed.
        self.abandon();
        // RFC 5246 §7.2.1: nothing follows a close_notify.
        if let Some(alert) = failure.alert().filter(|_| !is_said && !self.output.is_closed()) {
            // When even this cannot be sealed there is nothing left to say.
            if self.output.alert(self.handshake.write_state(), accel, AlertLevel::Fatal, alert).is_ok() {
                status.alert = Some(AlertSeen::Sent(alert));
            }
        }
        self.handshake.forget_keys();
        self.status = Some(status);
    }

    /// Nothing is left but the records that wait to be sent, and what protects the last alert.
    fn abandon(&mut self) {
        self.handshake.abandon_jobs(&mut self.input, &mut self.output);
        self.handshake.forget();
        self.input.wipe();
        self.output.abandon();
    }

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
