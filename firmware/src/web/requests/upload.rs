//! A file as it arrives: as it is, or as a part of a form.

use status::device::FILE_TOO_LARGE;

use crate::{
    certificates::{BUFFER_LENGTH, MAX_FILE_LENGTH},
    texts::refusal as texts,
    web::{
        access::{
            NO_TOKEN,
            sessions::{Pass, Secret},
        },
        protocol::{
            head::{Content, Fault},
            incoming::Incoming,
            multipart::{Multipart, Part},
        },
        refusal::Refusal,
    },
};

/// What a multipart body may have around its file, in bytes.
const MULTIPART_OVERHEAD: usize = 2048;

/// Receives a file into `text`, as it comes; its length in bytes, and whether it is longer than a file may be and was cut off.
pub(super) async fn receive(
    pass: &Pass,
    token: &Secret,
    incoming: &mut Incoming<'_, '_>,
    text: &mut [u8; BUFFER_LENGTH],
) -> Result<(usize, bool), Refusal> {
    let is_allowed = pass.has(token);
    let length = incoming.framing().length.unwrap_or(0);
    let mut upload = Upload { text, length: 0, is_too_large: false, is_file: false, is_text: false };
    if let Content::Multipart(boundary) = &incoming.framing().content {
        let multipart = Multipart::new(boundary);
        if length > MAX_FILE_LENGTH.saturating_add(MULTIPART_OVERHEAD) {
            return Err(FILE_TOO_LARGE.into());
        }
        incoming.expect_body().await?;
        let sent = receive_parts(multipart, incoming, &mut upload).await?;
        if !is_allowed && !sent.is_some_and(|sent| sent.is(token)) {
            return Err(NO_TOKEN);
        }
    } else {
        if !is_allowed {
            return Err(NO_TOKEN);
        }
        if length > MAX_FILE_LENGTH {
            return Err(FILE_TOO_LARGE.into());
        }
        incoming.expect_body().await?;
        // Each turn takes at least one byte of at most MAX_FILE_LENGTH.
        loop {
            let bytes = incoming.next().await?;
            if bytes.is_empty() {
                break;
            }
            bytes.iter().for_each(|byte| upload.push(Part::File, *byte));
        }
    }
    upload.finish()
}

/// Receives the parts of a multipart body; the token in it.
async fn receive_parts(
    mut multipart: Multipart,
    incoming: &mut Incoming<'_, '_>,
    upload: &mut Upload<'_>,
) -> Result<Option<Secret>, Refusal> {
    let mut token = heapless::Vec::<u8, 32>::new();
    // Each turn takes at least one byte of a body whose length is bounded.
    loop {
        let bytes = incoming.next().await?;
        if bytes.is_empty() {
            break;
        }
        for byte in bytes {
            multipart.push(*byte, &mut |part, byte| match part {
                // A longer one is none.
                Part::Token => token.push(byte).unwrap_or_default(),
                _ => upload.push(part, byte),
            });
        }
    }
    if multipart.is_complete() { Ok(Secret::read(&token)) } else { Err(Fault::Malformed.into()) }
}

/// A file as it is put together.
struct Upload<'t> {
    text: &'t mut [u8; BUFFER_LENGTH],
    length: usize,
    is_too_large: bool,
    is_file: bool,
    is_text: bool,
}

impl Upload<'_> {
    fn push(&mut self, part: Part, byte: u8) {
        match part {
            Part::File => self.is_file = true,
            // Browsers end the lines of a pasted text with CR LF, which must not cost room.
            Part::Text if byte == b'\r' => return,
            Part::Text => self.is_text = true,
            Part::Token | Part::Other => return,
        }
        match self.text.get_mut(self.length).filter(|_| self.length < MAX_FILE_LENGTH) {
            Some(place) => {
                *place = byte;
                self.length = self.length.saturating_add(1);
            }
            None => self.is_too_large = true,
        }
    }

    fn finish(&self) -> Result<(usize, bool), Refusal> {
        if self.is_file && self.is_text {
            return Err(Refusal::new(400, texts::TWO_FILES));
        }
        if self.length == 0 {
            return Err(Refusal::new(400, texts::NO_FILE));
        }
        Ok((self.length, self.is_too_large))
    }
}
