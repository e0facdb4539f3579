//! `mqtts pub`: one message, from the command line or from a file of any length.

use std::{fs::File, io::Read, path::Path};

use mqtt::{MAX_REMAINING_LENGTH, Message, QoS};
use status::pk;

use crate::{
    connect::reason,
    conversation::Conversation,
    failure::Failure,
    options::{Payload, Publish},
};

/// A payload of known length that is read piece by piece.
pub(crate) struct Source {
    reader: Box<dyn Read>,
    length: usize,
    place: String,
}

impl Source {
    /// Opens the payload, before anything is connected.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00) with the file's name; [`Failure::Usage`] when it is longer than an MQTT packet can be.
    pub(crate) fn open(payload: &Payload) -> Result<Self, Failure> {
        let source = match payload {
            Payload::Message(message) => Self::of_bytes(message.clone(), "-m".to_owned()),
            Payload::File(file) => Self::of_file(file)?,
        };
        if u32::try_from(source.length).map_or(true, |length| length > MAX_PAYLOAD) {
            return Err(Failure::Usage(format!("pub: {}: longer than {MAX_PAYLOAD} bytes", source.place)));
        }
        Ok(source)
    }

    fn of_bytes(bytes: Vec<u8>, place: String) -> Self {
        Self { length: bytes.len(), reader: Box::new(std::io::Cursor::new(bytes)), place }
    }

    /// MQTT states the length first: a regular file has one; of a pipe it shows only when all of it is read.
    fn of_file(file: &Path) -> Result<Self, Failure> {
        let place = format!("-f {}", file.display());
        let broken =
            |error: &std::io::Error| Failure::at(pk::FILE_IO_ERROR, format!("{place}: {}", reason(error)));
        let mut reader = File::open(file).map_err(|error| broken(&error))?;
        let metadata = reader.metadata().map_err(|error| broken(&error))?;
        if metadata.is_file() {
            let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
            return Ok(Self { reader: Box::new(reader), length, place });
        }
        let mut bytes = Vec::new();
        let limit = u64::from(MAX_PAYLOAD).saturating_add(1);
        reader.by_ref().take(limit).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
        Ok(Self::of_bytes(bytes, place))
    }

    /// The next piece, of at most `limit` bytes; the file must not have become shorter meanwhile.
    fn next<'a>(&mut self, buffer: &'a mut [u8], limit: usize) -> Result<&'a [u8], Failure> {
        let size = buffer.len().min(limit);
        let space = buffer.get_mut(..size).unwrap_or_default();
        let broken = |what: &str| Failure::at(pk::FILE_IO_ERROR, format!("{}: {what}", self.place));
        match self.reader.read(space) {
            Ok(0) if limit > 0 => Err(broken("shorter than when it was opened")),
            Ok(count) => Ok(space.get(..count).unwrap_or_default()),
            Err(error) => Err(broken(&reason(&error))),
        }
    }
}

/// Publishes, and waits for the delivery where the quality of service promises one (MQTT 3.1.1 §4.3).
///
/// # Errors
/// As [`Conversation::run`]; `pk::FILE_IO_ERROR` when the file fails half way.
pub(crate) fn run(
    conversation: &mut Conversation<'_, '_, '_>,
    publish: &Publish,
    mut source: Source,
) -> Result<(), Failure> {
    conversation.establish()?;
    let qos = QoS::from_number(publish.qos).unwrap_or_default();
    let message = Message { topic: &publish.topic, payload: &[], qos, retain: publish.retain };
    conversation.start(&message, source.length)?;
    let mut buffer = vec![0; PIECE];
    while conversation.missing() > 0 {
        let piece = source.next(&mut buffer, conversation.missing())?;
        conversation.append(piece)?;
    }
    conversation.deliver()
}

/// How much of a file is read at once.
const PIECE: usize = 16 * 1024;
/// The longest payload beside the longest topic.
const MAX_PAYLOAD: u32 = MAX_REMAINING_LENGTH - 65_535 - 4;
