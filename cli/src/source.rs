//! Where the payloads of `mqtts pub` come from: the command line, a file of any length, or standard input.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek},
    os::fd::{AsFd, BorrowedFd},
    path::Path,
};

use mqtt::MAX_REMAINING_LENGTH;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use status::pk;

use crate::{connect::reason, failure::Failure, options::Payload};

/// A payload of known length that is read piece by piece, and again from its beginning.
pub(crate) struct Source {
    reader: Box<dyn ReadSeek>,
    /// In bytes.
    pub length: usize,
    place: String,
}

/// What a payload can be read from more than once.
trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

impl Source {
    /// Opens the payload, before anything is connected.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00) with the file's name; [`Failure::Usage`] when it is longer than an MQTT packet can be.
    pub(crate) fn open(payload: &Payload) -> Result<Self, Failure> {
        let source = match payload {
            Payload::Message(message) => Self::of_bytes(message.clone(), "-m".to_owned()),
            Payload::File(file) => Self::of_file(file)?,
            Payload::Input | Payload::Lines => Self::of_stream(io::stdin(), "standard input".to_owned())?,
        };
        if u32::try_from(source.length).map_or(true, |length| length > MAX_PAYLOAD) {
            return too_long(&source.place);
        }
        Ok(source)
    }

    fn of_bytes(bytes: Vec<u8>, place: String) -> Self {
        Self { length: bytes.len(), reader: Box::new(Cursor::new(bytes)), place }
    }

    /// MQTT states the length first: a regular file has one; of a pipe it shows only when all of it is read.
    fn of_file(file: &Path) -> Result<Self, Failure> {
        let place = format!("-f {}", file.display());
        let opened = File::open(file).map_err(|error| broken(&place, reason(&error)))?;
        let metadata = opened.metadata().map_err(|error| broken(&place, reason(&error)))?;
        if metadata.is_file() {
            let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
            return Ok(Self { reader: Box::new(opened), length, place });
        }
        Self::of_stream(opened, place)
    }

    fn of_stream(stream: impl Read, place: String) -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        let limit = u64::from(MAX_PAYLOAD).saturating_add(1);
        stream.take(limit).read_to_end(&mut bytes).map_err(|error| broken(&place, reason(&error)))?;
        Ok(Self::of_bytes(bytes, place))
    }

    /// The next piece, of at most `limit` bytes; the file must not have become shorter meanwhile.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00).
    pub(crate) fn next<'a>(&mut self, buffer: &'a mut [u8], limit: usize) -> Result<&'a [u8], Failure> {
        let size = buffer.len().min(limit);
        let space = buffer.get_mut(..size).unwrap_or_default();
        match self.reader.read(space) {
            Ok(0) if limit > 0 => Err(broken(&self.place, "shorter than when it was opened")),
            Ok(count) => Ok(space.get(..count).unwrap_or_default()),
            Err(error) => Err(broken(&self.place, reason(&error))),
        }
    }

    /// Begins again.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00).
    pub(crate) fn rewind(&mut self) -> Result<(), Failure> {
        self.reader.rewind().map_err(|error| broken(&self.place, reason(&error)))
    }
}

/// Standard input line by line, as it comes, without a wait.
#[derive(Default)]
pub(crate) struct Lines {
    pending: Vec<u8>,
    /// So many bytes of it have no end of a line.
    searched: usize,
    has_ended: bool,
}

impl Lines {
    /// The next line without its end, if it is there already.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it is longer than an MQTT packet can be.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let rest = self.pending.get(self.searched..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|end| end.saturating_add(self.searched)) else {
            self.searched = self.pending.len();
            if u32::try_from(self.searched).map_or(true, |length| length > MAX_PAYLOAD) {
                return too_long("a line");
            }
            // The last line may lack its end.
            let is_last = self.has_ended && !self.pending.is_empty();
            self.searched = if is_last { 0 } else { self.searched };
            return Ok(is_last.then(|| std::mem::take(&mut self.pending)));
        };
        let mut line: Vec<u8> = self.pending.drain(..=end).collect();
        line.pop();
        self.searched = 0;
        Ok(Some(line))
    }

    /// Whether everything has been read, and given.
    pub(crate) const fn is_over(&self) -> bool {
        self.has_ended && self.pending.is_empty()
    }

    /// Reads what is there; whether anything was, or the end.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00).
    pub(crate) fn read(&mut self) -> Result<bool, Failure> {
        if self.has_ended || !is_ready(Self::file(), PollFlags::IN) {
            return Ok(false);
        }
        let mut buffer = vec![0; PIECE];
        match rustix::io::read(Self::file(), &mut buffer) {
            Ok(0) => self.has_ended = true,
            Ok(count) => self.pending.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(error) => return Err(broken("-l: standard input", reason(&error.into()))),
        }
        Ok(true)
    }

    /// What to wait for.
    pub(crate) fn file() -> BorrowedFd<'static> {
        rustix::stdio::stdin()
    }
}

/// Whether something has happened to a file: data has come, or its other end is gone.
pub(crate) fn is_ready(file: impl AsFd, flags: PollFlags) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(&file, flags)], Some(&now)).is_ok_and(|ready| ready > 0)
}

fn broken(place: &str, what: impl AsRef<str>) -> Failure {
    Failure::at(pk::FILE_IO_ERROR, format!("{place}: {}", what.as_ref()))
}

fn too_long<T>(place: &str) -> Result<T, Failure> {
    Err(Failure::Usage(format!("pub: {place}: longer than {MAX_PAYLOAD} bytes")))
}

/// How much is read at once.
pub(crate) const PIECE: usize = 16 * 1024;
/// The longest payload beside the longest topic.
const MAX_PAYLOAD: u32 = MAX_REMAINING_LENGTH - 65_535 - 4;
