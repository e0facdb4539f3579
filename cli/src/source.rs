//! The payloads of `mqtts pub`: from the command line, a file of any length, or standard input.

use std::{
    fs::File,
    io::{Cursor, Read, Seek},
    os::fd::{AsFd, BorrowedFd},
    path::Path,
};

use mqtt::MAX_REMAINING_LENGTH;
use rustix::event::PollFlags;
use status::pk;

use crate::{connect::reason, failure::CommandFailure, limits::Limits, options::PayloadOrigin, ready};

/// A payload of known length. It is read in pieces, and can be read again from the beginning.
pub(crate) struct PayloadReader {
    reader: Box<dyn ReadSeek>,
    /// In bytes.
    pub length: usize,
    place: String,
}

/// A source that can be read more than once.
trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

impl PayloadReader {
    /// Opens the payload, before a connection is made.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00) with the file's name. [`CommandFailure::Usage`] when it is longer than an MQTT packet can be. Those
    /// of [`Limits::check`], since reading a pipe may take long.
    pub(crate) fn open(payload: &PayloadOrigin, limits: &Limits) -> Result<Self, CommandFailure> {
        let source = match payload {
            PayloadOrigin::Message(message) => Self::of_bytes(message.clone(), "-m".to_owned()),
            PayloadOrigin::File(file) => Self::of_file(file, limits)?,
            PayloadOrigin::Input | PayloadOrigin::Lines => {
                Self::of_stream(rustix::stdio::stdin(), "standard input".to_owned(), limits)?
            }
        };
        if u32::try_from(source.length).map_or(true, |length| length > MAX_PAYLOAD) {
            return too_long(&source.place);
        }
        Ok(source)
    }

    fn of_bytes(bytes: Vec<u8>, place: String) -> Self {
        Self { length: bytes.len(), reader: Box::new(Cursor::new(bytes)), place }
    }

    /// MQTT sends the length first. A regular file has a known length; a pipe must be read completely to find it.
    fn of_file(file: &Path, limits: &Limits) -> Result<Self, CommandFailure> {
        let place = format!("-f {}", file.display());
        let opened = File::open(file).map_err(|error| broken(&place, reason(&error)))?;
        let metadata = opened.metadata().map_err(|error| broken(&place, reason(&error)))?;
        if metadata.is_file() {
            let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
            return Ok(Self { reader: Box::new(opened), length, place });
        }
        Self::of_stream(opened.as_fd(), place, limits)
    }

    fn of_stream(stream: BorrowedFd<'_>, place: String, limits: &Limits) -> Result<Self, CommandFailure> {
        let mut bytes = Vec::new();
        loop {
            ready::wait(stream, PollFlags::IN, limits)?;
            if read_some(stream, &place, &mut bytes)? == Some(0) {
                return Ok(Self::of_bytes(bytes, place));
            }
            if u32::try_from(bytes.len()).map_or(true, |length| length > MAX_PAYLOAD) {
                return too_long(&place);
            }
        }
    }

    /// Reads the next piece, of at most `limit` bytes. A file that has become shorter is a failure.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00).
    pub(crate) fn next<'a>(
        &mut self,
        buffer: &'a mut [u8],
        limit: usize,
    ) -> Result<&'a [u8], CommandFailure> {
        let size = buffer.len().min(limit);
        let space = buffer.get_mut(..size).unwrap_or_default();
        match self.reader.read(space) {
            Ok(0) if limit > 0 => Err(broken(&self.place, "shorter than when it was opened")),
            Ok(count) => Ok(space.get(..count).unwrap_or_default()),
            Err(error) => Err(broken(&self.place, reason(&error))),
        }
    }

    /// Goes back to the beginning.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00).
    pub(crate) fn rewind(&mut self) -> Result<(), CommandFailure> {
        self.reader.rewind().map_err(|error| broken(&self.place, reason(&error)))
    }
}

/// Standard input, line by line as it arrives, without blocking.
#[derive(Default)]
pub(crate) struct Lines {
    pending: Vec<u8>,
    /// This many bytes have been searched and have no line end.
    searched: usize,
    has_ended: bool,
}

impl Lines {
    /// The next line without its line end, if it is complete.
    ///
    /// # Errors
    /// [`CommandFailure::Usage`] when it is longer than an MQTT packet can be.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, CommandFailure> {
        let rest = self.pending.get(self.searched..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|end| end.saturating_add(self.searched)) else {
            self.searched = self.pending.len();
            if u32::try_from(self.searched).map_or(true, |length| length > MAX_PAYLOAD) {
                return too_long("a line");
            }
            // The last line may have no line end.
            let is_last = self.has_ended && !self.pending.is_empty();
            self.searched = if is_last { 0 } else { self.searched };
            return Ok(is_last.then(|| std::mem::take(&mut self.pending)));
        };
        let mut line: Vec<u8> = self.pending.drain(..=end).collect();
        line.pop();
        self.searched = 0;
        Ok(Some(line))
    }

    /// Whether all input has been read and returned.
    pub(crate) const fn is_over(&self) -> bool {
        self.has_ended && self.pending.is_empty()
    }

    /// Reads what is available. Returns whether there was anything, or the end.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00).
    pub(crate) fn read(&mut self) -> Result<bool, CommandFailure> {
        if self.has_ended || !ready::now(Self::file(), PollFlags::IN) {
            return Ok(false);
        }
        self.has_ended = read_some(Self::file(), "-l: standard input", &mut self.pending)? == Some(0);
        Ok(true)
    }

    /// The file to wait for.
    pub(crate) fn file() -> BorrowedFd<'static> {
        rustix::stdio::stdin()
    }
}

/// Reads once. Returns the number of bytes, or none if nothing is available after all.
fn read_some(file: BorrowedFd<'_>, place: &str, into: &mut Vec<u8>) -> Result<Option<usize>, CommandFailure> {
    let mut buffer = vec![0; PIECE];
    match rustix::io::read(file, &mut buffer) {
        Ok(count) => {
            into.extend_from_slice(buffer.get(..count).unwrap_or_default());
            Ok(Some(count))
        }
        Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(None),
        Err(error) => Err(broken(place, reason(&error.into()))),
    }
}

fn broken(place: &str, what: impl AsRef<str>) -> CommandFailure {
    CommandFailure::at(pk::FILE_IO_ERROR, format!("{place}: {}", what.as_ref()))
}

fn too_long<T>(place: &str) -> Result<T, CommandFailure> {
    Err(CommandFailure::Usage(format!("pub: {place}: longer than {MAX_PAYLOAD} bytes")))
}

/// How many bytes are read at once.
pub(crate) const PIECE: usize = 64 * 1024;
/// The longest payload that fits into a packet with the longest topic.
const MAX_PAYLOAD: u32 = MAX_REMAINING_LENGTH - 65_535 - 4;
