//! What changes the device: settings, certificates, outputs, the configuration file, the factory reset.

use core::pin::{Pin, pin};

use status::device::FILE_TOO_LARGE;
use x509::{Bundle, PrivateKey, lint::Slot};
use zeroize::Zeroize;

use super::{
    Outcome, Server,
    access::Fields,
    files::{self, Files, Findings, Parts},
    head::{Content, Head},
    incoming::Incoming,
    multipart::{Multipart, Part},
    refusal::{Reason, Refusal},
    routes::{Method, Page, Route, Verb},
    sessions::Secret,
};
use crate::{
    ascii::decimal,
    board::{Board, Pins},
    certificates::{BUFFER_LENGTH, File, MAX_FILE_LENGTH},
    settings::{
        Field, Settings,
        configuration::{self, Secrets},
    },
    texts::refusal as texts,
};

/// What a multipart body may have around its file, in bytes.
const MULTIPART_OVERHEAD: usize = 2048;
/// The field that erases the password of MQTT, since an empty one leaves it.
const ERASE_PASSWORD: &str = "mqtt.password.erase";

/// A change that may be made: what remains is to store it.
enum Plan {
    /// To the new settings.
    Settings,
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
                Plan::Settings
            }
            _ => plan::<B>(route, self.fields(head, Some(token), incoming).await?, &mut new)?,
        };
        match plan {
            Plan::Settings => self.device.store_settings(&new).await?,
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
        Ok(Outcome::Done(head.page.or(route.page()).unwrap_or(Page::Status)))
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
        let length = receive(head, token, incoming, text).await?;
        let pem = text.get(..length).unwrap_or_default();
        match file {
            File::CaCertificate => decoded.authority = Slot::Read(Bundle::from_pem(pem, storage)?),
            File::ClientCertificate => decoded.certificate = Slot::Read(Bundle::from_pem(pem, storage)?),
            File::PrivateKey => decoded.key = Slot::Read(PrivateKey::from_pem(pem, storage)?),
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
        let length = receive(head, token, incoming, text).await?;
        let text = core::str::from_utf8(text.get(..length).unwrap_or_default());
        let refusal = |refusal| Refusal::content(Reason::Configuration(refusal));
        let text = text.map_err(|_| refusal(configuration::Refusal::NotAConfiguration))?;
        *new = configuration::load(text, Secrets::LeftOut, new).map_err(refusal)?;
        Ok(())
    }
}

/// What a form asks to be changed.
fn plan<B: Board>(route: Route, fields: Fields<'_>, new: &mut Settings) -> Result<Plan, Refusal> {
    match route {
        Route::Settings => set(new, fields).map(|()| Plan::Settings),
        Route::Outputs => outputs(fields, B::Pins::OUTPUTS),
        Route::LogOut => Ok(Plan::LogOut),
        Route::FactoryReset => Ok(Plan::FactoryReset),
        Route::Certificate(file, _) => Ok(Plan::Erase(file)),
        // No other route has a method that changes something.
        _ => Err(Refusal::new(405, texts::METHOD)),
    }
}

/// `POST /settings`: all of the fields, or none.
fn set(new: &mut Settings, fields: Fields<'_>) -> Result<(), Refusal> {
    let present = new.clone();
    let mut has_password = false;
    for field in fields {
        let (name, value) = field.map_err(|_| UNKNOWN_FIELD)?;
        if name == ERASE_PASSWORD {
            if value == "on" {
                new.mqtt.password.zeroize();
            }
            continue;
        }
        let field = Field::from_name(name).filter(|field| *field != Field::AccessPassword);
        let field = field.ok_or(UNKNOWN_FIELD)?;
        if field == Field::MqttPassword {
            if value.is_empty() {
                continue;
            }
            has_password = true;
        }
        new.set(field, value).map_err(|_| Refusal::content(Reason::Value(field)))?;
    }
    if !has_password {
        new.drop_foreign_password(&present);
    }
    Ok(())
}

/// `POST /outputs`
fn outputs(fields: Fields<'_>, count: usize) -> Result<Plan, Refusal> {
    let (mut on, mut off) = (0_u8, 0_u8);
    for field in fields {
        let (name, value) = field.map_err(|_| UNKNOWN_FIELD)?;
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

const UNKNOWN_FIELD: Refusal = Refusal::new(400, texts::UNKNOWN_FIELD);
const MALFORMED: Refusal = Refusal::new(400, texts::MALFORMED);
const NO_TOKEN: Refusal = Refusal::new(403, texts::NO_TOKEN);
pub(super) const BUSY: Refusal = Refusal { retry_after: 1, ..Refusal::new(503, texts::BUSY) };

/// Receives a file into `text`, as it comes; its length in bytes.
async fn receive(
    head: &Head,
    token: &Secret,
    incoming: &mut Incoming<'_, '_>,
    text: &mut [u8; BUFFER_LENGTH],
) -> Result<usize, Refusal> {
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

    fn finish(&self) -> Result<usize, Refusal> {
        if self.is_file && self.is_text {
            return Err(Refusal::new(400, texts::TWO_FILES));
        }
        if self.is_too_large {
            return Err(FILE_TOO_LARGE.into());
        }
        if self.length == 0 { Err(Refusal::new(400, texts::NO_FILE)) } else { Ok(self.length) }
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
