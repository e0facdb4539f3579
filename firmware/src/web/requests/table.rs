//! What can be asked for: one table, of which come the paths, the methods that each has, the page where a person goes on, and the
//! list in `docs/http.md`, which a test compares with [`LISTED`].

use crate::{
    certificates::File,
    web::protocol::head::Method::{self, Delete, Get, Head, Post, Put},
};

/// What a path names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// A page of the menu.
    Page(Page),
    /// The part of a page that is refreshed while one looks: of the status, or of the inputs and outputs.
    Live(Page),
    /// The style sheet.
    Style,
    /// The script that refreshes the status page.
    Script,
    /// The page where one logs in; its form.
    LogIn,
    /// The page where the password is set; its form.
    Password,
    /// The end of a session.
    LogOut,
    /// The status for programs.
    Status,
    /// The settings for programs, and their change.
    Settings,
    /// A certificate or the key, and what is to be done with it.
    Certificate(File, Verb),
    /// The outputs.
    Outputs,
    /// The configuration file.
    Configuration,
    /// The factory reset of the IP settings.
    FactoryReset,
}

/// A page of the menu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Page {
    /// How the device is.
    Status,
    /// The network's settings.
    Network,
    /// The broker's settings and the certificates.
    Mqtt,
    /// The clock's settings.
    Time,
    /// Inputs and outputs.
    Ports,
    /// Configuration file, password, factory reset.
    System,
}

impl Page {
    /// All pages, in the order of the menu.
    pub const ALL: [Self; 6] =
        [Self::Status, Self::Network, Self::Mqtt, Self::Time, Self::Ports, Self::System];

    /// Its path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Status => "/",
            Self::Network => "/network",
            Self::Mqtt => "/mqtt",
            Self::Time => "/time",
            Self::Ports => "/ports",
            Self::System => "/system",
        }
    }

    /// Its name in a query: the path without the slash.
    pub fn name(self) -> &'static str {
        self.path().get(1..).unwrap_or_default()
    }
}

/// What has been done, in the query of the page that a browser is led to afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// A change is stored.
    Stored,
    /// So is a change of the mode, and the port with it.
    Port,
    /// So is another server, for which the stored password is not.
    Password,
    /// Both of these.
    PortAndPassword,
    /// So is a file, about which the page says what the lint says.
    File,
}

impl Done {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Stored, Self::Port, Self::Password, Self::PortAndPassword, Self::File];

    /// The query.
    pub const fn query(self) -> &'static str {
        match self {
            Self::Stored => "done",
            Self::Port => "done=port",
            Self::Password => "done=password",
            Self::PortAndPassword => "done=port-and-password",
            Self::File => "done=file",
        }
    }
}

/// What is to be done with a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// Store it, or with DELETE erase it.
    Store,
    /// Look at it, and store nothing.
    Check,
    /// Erase it.
    Erase,
}

/// A row of the table.
pub struct Row {
    /// The path.
    pub path: &'static str,
    /// What it names.
    pub route: Route,
    /// The methods that it has.
    pub methods: &'static [Method],
    /// The page where a person goes on.
    pub page: Option<Page>,
}

/// A row as it stands in `docs/http.md`: path, body of a change, answer.
pub type Listed = (&'static str, &'static str, &'static str);

macro_rules! requests {
    ($($path:literal $route:expr, $methods:ident, $page:expr; $body:literal => $answer:literal)*) => {
        /// All that can be asked for.
        pub static TABLE: &[Row] =
            &[$(Row { path: $path, route: $route, methods: $methods, page: $page }),*];

        /// The same for `docs/http.md`; no device has it in its flash.
        pub const LISTED: &[Listed] = &[$(($path, $body, $answer)),*];
    };
}

const READ: &[Method] = &[Get, Head];
const CHANGE: &[Method] = &[Post];
const READ_OR_CHANGE: &[Method] = &[Get, Head, Post];
const READ_OR_UPLOAD: &[Method] = &[Get, Head, Post, Put];
const UPLOAD: &[Method] = &[Post, Put];
const UPLOAD_OR_ERASE: &[Method] = &[Post, Put, Delete];

requests! {
    "/" Route::Page(Page::Status), READ, Some(Page::Status);
        "" => "a page of the menu"
    "/network" Route::Page(Page::Network), READ, Some(Page::Network);
        "" => "a page of the menu"
    "/mqtt" Route::Page(Page::Mqtt), READ, Some(Page::Mqtt);
        "" => "a page of the menu"
    "/time" Route::Page(Page::Time), READ, Some(Page::Time);
        "" => "a page of the menu"
    "/ports" Route::Page(Page::Ports), READ, Some(Page::Ports);
        "" => "a page of the menu"
    "/system" Route::Page(Page::System), READ, Some(Page::System);
        "" => "a page of the menu"
    "/live" Route::Live(Page::Status), READ, None;
        "" => "the part of a page that refreshes itself"
    "/live/ports" Route::Live(Page::Ports), READ, None;
        "" => "the part of a page that refreshes itself"
    "/style.css" Route::Style, READ, None;
        "" => "what the pages need, packed by gzip, without a log-in"
    "/live.js" Route::Script, READ, None;
        "" => "what the pages need, packed by gzip, without a log-in"
    "/password" Route::Password, READ_OR_CHANGE, Some(Page::System);
        "form: `password`; when one is set also `current`, a session and the token" => "GET: a page; POST: cookie, `{\"token\":…}`"
    "/login" Route::LogIn, READ_OR_CHANGE, None;
        "form: `password`" => "GET: a page; POST: cookie, `{\"token\":…}`"
    "/logout" Route::LogOut, CHANGE, None;
        "" => "the session ends"
    "/status.json" Route::Status, READ, None;
        "" => "[status](#status)"
    "/settings.json" Route::Settings, READ_OR_CHANGE, None;
        "form: any of the [settings](#settings); the rest stays as it is" => "GET: all settings by name, without passwords"
    "/settings" Route::Settings, READ_OR_CHANGE, None;
        "form: any of the [settings](#settings); the rest stays as it is" => "GET: all settings by name, without passwords"
    "/certificates/ca" Route::Certificate(File::CaCertificate, Verb::Store), UPLOAD_OR_ERASE, Some(Page::Mqtt);
        "PEM text as it is, or multipart/form-data with a part `file` or `pem`" => "stored: `{\"findings\":[…]}`; DELETE: erased"
    "/certificates/client" Route::Certificate(File::ClientCertificate, Verb::Store), UPLOAD_OR_ERASE, Some(Page::Mqtt);
        "PEM text as it is, or multipart/form-data with a part `file` or `pem`" => "stored: `{\"findings\":[…]}`; DELETE: erased"
    "/certificates/key" Route::Certificate(File::PrivateKey, Verb::Store), UPLOAD_OR_ERASE, Some(Page::Mqtt);
        "PEM text as it is, or multipart/form-data with a part `file` or `pem`" => "stored: `{\"findings\":[…]}`; DELETE: erased"
    "/certificates/ca/check" Route::Certificate(File::CaCertificate, Verb::Check), UPLOAD, Some(Page::Mqtt);
        "the same" => "the same, but nothing is stored"
    "/certificates/client/check" Route::Certificate(File::ClientCertificate, Verb::Check), UPLOAD, Some(Page::Mqtt);
        "the same" => "the same, but nothing is stored"
    "/certificates/key/check" Route::Certificate(File::PrivateKey, Verb::Check), UPLOAD, Some(Page::Mqtt);
        "the same" => "the same, but nothing is stored"
    "/certificates/ca/delete" Route::Certificate(File::CaCertificate, Verb::Erase), CHANGE, Some(Page::Mqtt);
        "" => "erased, for forms, which know no DELETE"
    "/certificates/client/delete" Route::Certificate(File::ClientCertificate, Verb::Erase), CHANGE, Some(Page::Mqtt);
        "" => "erased, for forms, which know no DELETE"
    "/certificates/key/delete" Route::Certificate(File::PrivateKey, Verb::Erase), CHANGE, Some(Page::Mqtt);
        "" => "erased, for forms, which know no DELETE"
    "/outputs" Route::Outputs, CHANGE, Some(Page::Ports);
        "form: `output1=on`, `output2=off` …" => "outputs that are not named stay"
    "/configuration" Route::Configuration, READ_OR_UPLOAD, Some(Page::System);
        "the [configuration file](#the-configuration-file) as it is, or multipart/form-data with a part `file`" => "GET: the file; else all of it is in force, or nothing"
    "/factory-reset" Route::FactoryReset, CHANGE, Some(Page::System);
        "" => "IP settings as delivered, certificates and key erased"
}

impl Row {
    /// What a path names.
    pub fn from_path(path: &str) -> Option<&'static Self> {
        TABLE.iter().find(|row| row.path == path)
    }

    /// Whether it has this method.
    pub fn has(&self, method: Method) -> bool {
        self.methods.contains(&method)
    }
}
