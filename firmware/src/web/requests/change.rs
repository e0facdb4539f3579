//! What changes the device: settings, certificates, outputs, the configuration file, the factory reset.

use core::pin::{Pin, pin};

use status::{Error, device::FILE_TOO_LARGE};
use x509::{Bundle, Kind, PrivateKey, Recognized, Wanted, has_private_key, lint::Slot, recognize};

use super::{
    BUSY, Outcome, Requests,
    files::{self, Findings, Parts},
    request::Request,
    settings_form,
    table::{Done, Page, Route, Verb},
    upload::receive,
};
use crate::{
    ascii::decimal,
    board::{Board, Pins},
    certificates::File,
    settings::{
        Settings,
        configuration::{self, Secrets},
    },
    texts::refusal as texts,
    web::{
        access::sessions::Secret,
        protocol::{form::Form, head::Method, incoming::Incoming},
        refusal::{Reason, Refusal, UNKNOWN_FIELD},
    },
};

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

impl<B: Board> Requests<'_, B> {
    /// What a session with this token asks to be changed.
    pub(super) async fn change(
        &self,
        route: Route,
        request: &Request,
        token: &Secret,
        incoming: &mut Incoming<'_, '_>,
        findings: &mut Findings,
    ) -> Result<Outcome, Refusal> {
        let mut new = self.device.setup.settings.borrow().clone();
        let plan = match route {
            Route::Certificate(file, verb) if verb != Verb::Erase && request.method != Method::Delete => {
                return self.upload_certificate(file, verb, request, token, incoming, findings).await;
            }
            Route::Configuration => {
                self.load_configuration(request, token, incoming, &mut new).await?;
                Plan::Settings(Done::Stored)
            }
            _ => {
                let fields = self.access.fields(&request.pass, Some(token), incoming).await?;
                plan::<B>(route, fields, &mut new, request.wants_page)?
            }
        };
        let mut done = Done::Stored;
        match plan {
            Plan::Settings(what) => {
                self.device.setup.store_settings(&new).await?;
                done = what;
            }
            Plan::Erase(file) => self.device.setup.erase_certificate(file).await?,
            Plan::FactoryReset => {
                self.device.setup.reset_network(self.device.clock, self.device.backup).await?
            }
            Plan::Outputs { on, off } => self.device.ports.switch(on, off),
            Plan::LogOut => {
                self.access.log_out(&request.pass);
                return Ok(Outcome::LoggedOut);
            }
        }
        Ok(Outcome::Done(request.page.unwrap_or(Page::Status), done))
    }

    /// `PUT` and `POST /certificates/…`: what can be read is linted with the others, and stored.
    async fn upload_certificate(
        &self,
        file: File,
        verb: Verb,
        request: &Request,
        token: &Secret,
        incoming: &mut Incoming<'_, '_>,
        findings: &mut Findings,
    ) -> Result<Outcome, Refusal> {
        let mut files = self.files().await?;
        let Parts { text, mut der, workspace } = files.parts();
        let Some(storage) = der.get_mut(file as usize).and_then(Option::take) else { return Err(BUSY) };
        // 1. The other files, which need the memory for a text.
        let mut decoded = files::decode(&self.device, text, der).await;
        // 2. The new one.
        let (length, is_too_large) = receive(&request.pass, token, incoming, text).await?;
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
                pin!(files::check(&self.device, &decoded, workspace, findings));
            check.await;
        }
        // 4. The store.
        let is_stored = verb == Verb::Store;
        if is_stored {
            self.device.setup.replace_certificate(file, pem).await?;
        }
        Ok(Outcome::Linted { is_stored })
    }

    /// `POST` and `PUT /configuration`: the settings of the file, if all of it can be used.
    async fn load_configuration(
        &self,
        request: &Request,
        token: &Secret,
        incoming: &mut Incoming<'_, '_>,
        new: &mut Settings,
    ) -> Result<(), Refusal> {
        let mut files = self.files().await?;
        let text = files.parts().text;
        let (length, is_too_large) = receive(&request.pass, token, incoming, text).await?;
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
        Route::Settings => settings_form::apply(new, fields, is_browser).map(Plan::Settings),
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
