//! What changes the device: settings, certificates, outputs, the configuration file, the factory reset.

use core::pin::{Pin, pin};

use status::{Error, device::FILE_TOO_LARGE};
use x509::{Bundle, Kind, PrivateKey, Recognized, Wanted, has_private_key, lint::Slot, recognize};

use super::{
    Outcome, Server,
    files::{self, Files, Findings, Parts},
    form::Form,
    head::{Content, Head},
    incoming::Incoming,
    multipart::{Multipart, Part},
    refusal::{Reason, Refusal},
    routes::{Done, Method, Page, Route, Verb},
    sessions::Secret,
    settings::{self, UNKNOWN_FIELD},
};
use crate::{
    ascii::decimal,
    board::{Board, Pins},
    certificates::{BUFFER_LENGTH, File, MAX_FILE_LENGTH},
    settings::{
        Settings,
        configuration::{self, Secrets},
    },
    texts::refusal as texts,
};

/// What a multipart body may have around its file, in bytes.
const MULTIPART_OVERHEAD: usize = 2048;

/// A change that may be made: what remains is to store it.
enum Plan {
    /// To the new settings.
    Settings(Done),
    Outputs {
        on: u8,
        off: u8,
    },
    Erase(File),
    FactoryReset,
    LogOut,
}

impl<B: Board> Server<'_, B> {
    /// What a session with this token asks to be changed.
    pub(super) async fn change(
        &self,
        route: Route,
        head: &Head,
        token: &Secret,
        incoming: &mut Incoming<'_, '_>,
        findings: &mut Findings,
    ) -> Result<Outcome, Refusal> {
        let mut new = self.device.settings.borrow().clone();
        let plan = match route {
            Route::Certificate(file, verb) if verb != Verb::Erase && head.method != Method::Delete => {
                return self.upload_certificate(file, verb, head, token, incoming, findings).await;
            }
            Route::Configuration => {
                self.load_configuration(head, token, incoming, &mut new).await?;
                Plan::Settings(Done::Stored)
            }
            _ => {
                let fields = self.fields(head, Some(token), incoming).await?;
                plan::<B>(route, fields, &mut new, head.wants_page)?
            }
        };
        let mut done = Done::Stored;
        match plan {
            Plan::Settings(what) => {
                self.device.store_settings(&new).await?;
                done = what;
            }
            Plan::Erase(file) => self.device.erase_certificate(file).await?,
            Plan::FactoryReset => self.device.reset_network().await?,
            Plan::Outputs { on, off } => {
                let switch = |outputs: &mut Option<u8>| *outputs = Some((outputs.unwrap_or(0) | on) & !off);
                self.device.outputs.sender().send_modify(switch);
            }
            Plan::LogOut => {
                if let Some(cookie) = &head.session {
                    self.sessions.borrow_mut().end(cookie);
                }
                return Ok(Outcome::LoggedOut);
            }
        }
        Ok(Outcome::Done(head.page.or(route.page()).unwrap_or(Page::Status), done))
    }

    /// `PUT` and `POST /certificates/…`: what can be read is linted with the others, and stored.
    async fn upload_certificate(
        &self,
        file: File,
        verb: Verb,
        head: &Head,
        token: &Secret,
        incoming: &mut Incoming<'_, '_>,
        findings: &mut Findings,
    ) -> Result<Outcome, Refusal> {
        let mut files = self.files().await?;
        let Parts { text, mut der, workspace } = files.parts();
        let Some(storage) = der.get_mut(file as usize).and_then(Option::take) else { return Err(BUSY) };
        // 1. The other files, which need the memory for a text.
        let mut decoded = files::decode(self.device, text, der).await;
        // 2. The new one.
        let (length, is_too_large) = receive(head, token, incoming, text).await?;
        let pem = text.get(..length).unwrap_or_default();
        if is_too_large {
            return Err(name(file, pem, FILE_TOO_LARGE));
        }
        let refused = |code| name(file, pem, code);
        match file {
            File::CaCertificate => {
                decoded.authority = Slot::Read(Bundle::from_pem(pem, storage).map_err(refused)?);
                if has_private_key(pem) {
                    return Err(Refusal::new(422, texts::KEY_IN_CA));
                }
            }
            File::ClientCertificate => {
                decoded.certificate = Slot::Read(Bundle::from_pem(pem, storage).map_err(refused)?);
                // It would stay in the flash when the private key is erased or replaced.
                if has_private_key(pem) {
                    return Err(Refusal::new(422, texts::KEY_IN_CERTIFICATE));
                }
            }
            File::PrivateKey => {
                decoded.key = Slot::Read(PrivateKey::from_pem(pem, storage).map_err(refused)?);
            }
        }
        // 3. What will fail.
        {
            // In a block, so that it takes no room afterwards.
            let check: Pin<&mut dyn Future<Output = ()>> =
                pin!(files::check(self.device, &decoded, workspace, findings));
            check.await;
        }
        // 4. The store.
        let is_stored = verb == Verb::Store;
        if is_stored {
            self.device.replace_certificate(file, pem).await?;
        }
        Ok(Outcome::Linted { is_stored })
    }

    /// `POST` and `PUT /configuration`: the settings of the file, if all of it can be used.
    async fn load_configuration(
        &self,
        head: &Head,
        token: &Secret,
        incoming: &mut Incoming<'_, '_>,
        new: &mut Settings,
    ) -> Result<(), Refusal> {
        let mut files = self.files().await?;
        let text = files.parts().text;
        let (length, is_too_large) = receive(head, token, incoming, text).await?;
        if is_too_large {
            return Err(FILE_TOO_LARGE.into());
        }
        let text = core::str::from_utf8(text.get(..length).unwrap_or_default());
        let refusal = |refusal| Refusal::content(Reason::Configuration(refusal));
        let text = text.map_err(|_| refusal(configuration::Refusal::NotAConfiguration))?;
        *new = configuration::load(text, Secrets::LeftOut, new).map_err(refusal)?;
        Ok(())
    }
}

/// What a form asks to be changed.
fn plan<B: Board>(
    route: Route,
    fields: Form<'_>,
    new: &mut Settings,
    is_browser: bool,
) -> Result<Plan, Refusal> {
    match route {
        Route::Settings => settings::apply(new, fields, is_browser).map(Plan::Settings),
        Route::Outputs => outputs(fields, B::Pins::OUTPUTS),
        Route::LogOut => Ok(Plan::LogOut),
        Route::FactoryReset => Ok(Plan::FactoryReset),
        Route::Certificate(file, _) => Ok(Plan::Erase(file)),
        // No other route has a method that changes something.
        _ => Err(Refusal::new(405, texts::METHOD)),
    }
}

/// `POST /outputs`
fn outputs(fields: Form<'_>, count: usize) -> Result<Plan, Refusal> {
    let (mut on, mut off) = (0_u8, 0_u8);
    for (name, value) in fields {
        let number = name.strip_prefix("output").and_then(|number| decimal(number.as_bytes()));
        let number = number.filter(|number| (1..=count).contains(&(*number as usize)));
        let bit = number.and_then(|number| 1_u8.checked_shl(number.checked_sub(1)?));
        let bit = bit.ok_or(UNKNOWN_FIELD)?;
        match value {
            "on" => on |= bit,
            "off" => off |= bit,
            _ => return Err(UNKNOWN_FIELD),
        }
    }
    Ok(Plan::Outputs { on, off })
}

/// Why a file that cannot be read is refused: what it is instead, if that can be told. Of one that is too large only the beginning is known.
fn name(file: File, pem: &[u8], code: Error) -> Refusal {
    let wanted = match file {
        File::CaCertificate | File::ClientCertificate => Wanted::Certificate,
        File::PrivateKey => Wanted::PrivateKey,
    };
    let is_told = |found: &Recognized| code != FILE_TOO_LARGE || found.kind != Kind::CutOff;
    let refusal = Refusal::from(code);
    match recognize(pem, wanted).filter(is_told) {
        Some(found) => Refusal { reason: Reason::File(code, found), ..refusal },
        None => refusal,
    }
}

const MALFORMED: Refusal = Refusal::new(400, texts::MALFORMED);
const NO_TOKEN: Refusal = Refusal::new(403, texts::NO_TOKEN);
pub(super) const BUSY: Refusal = Refusal { retry_after: 1, ..Refusal::new(503, texts::BUSY) };

/// Receives a file into `text`, as it comes; its length in bytes, and whether it is longer than a file may be and was cut off.
async fn receive(
    head: &Head,
    token: &Secret,
    incoming: &mut Incoming<'_, '_>,
    text: &mut [u8; BUFFER_LENGTH],
) -> Result<(usize, bool), Refusal> {
    let is_allowed = head.token.as_ref().is_some_and(|sent| sent.is(token));
    let length = head.length.unwrap_or(0);
    let mut upload = Upload { text, length: 0, is_too_large: false, is_file: false, is_text: false };
    if let Content::Multipart(boundary) = &head.content {
        if length > MAX_FILE_LENGTH.saturating_add(MULTIPART_OVERHEAD) {
            return Err(FILE_TOO_LARGE.into());
        }
        incoming.expect_body(head).await?;
        let sent = receive_parts(Multipart::new(boundary), incoming, &mut upload).await?;
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
        incoming.expect_body(head).await?;
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
    if multipart.is_complete() { Ok(Secret::read(&token)) } else { Err(MALFORMED) }
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

impl<'d, B: Board> Server<'d, B> {
    /// The memory for files, as soon as no other request has it.
    pub(super) async fn files(&self) -> Result<Files<'_, 'd>, Refusal> {
        embassy_time::with_timeout(FILES_TIME, self.memory.lock()).await.map(Files::new).map_err(|_| BUSY)
    }
}

/// How long a request waits for the memory for files.
const FILES_TIME: embassy_time::Duration = embassy_time::Duration::from_secs(10);
