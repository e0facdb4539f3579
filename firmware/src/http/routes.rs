//! What there is to ask for.

use crate::{ascii::cut_text, certificates::File};

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

/// A method; whatever is none of these no path has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads, without the body.
    Head,
    /// Changes.
    Post,
    /// Stores.
    Put,
    /// Erases.
    Delete,
    /// Any other.
    Other,
}

impl Method {
    /// From its name.
    pub fn from_name(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }

    /// Whether nothing changes (RFC 9110 §9.2.1).
    pub const fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

impl Route {
    /// What a path names.
    pub fn from_path(path: &str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix("/certificates/") {
            let (file, verb) = cut_text(rest, "/").unwrap_or((rest, ""));
            let file = match file {
                "ca" => File::CaCertificate,
                "client" => File::ClientCertificate,
                "key" => File::PrivateKey,
                _ => return None,
            };
            let verb = match verb {
                "" if rest.ends_with('/') => return None,
                "" => Verb::Store,
                "check" => Verb::Check,
                "delete" => Verb::Erase,
                _ => return None,
            };
            return Some(Self::Certificate(file, verb));
        }
        Some(match path {
            "/live" => Self::Live(Page::Status),
            "/live/ports" => Self::Live(Page::Ports),
            "/style.css" => Self::Style,
            "/live.js" => Self::Script,
            "/login" => Self::LogIn,
            "/password" => Self::Password,
            "/logout" => Self::LogOut,
            "/status.json" => Self::Status,
            "/settings.json" | "/settings" => Self::Settings,
            "/outputs" => Self::Outputs,
            "/configuration" => Self::Configuration,
            "/factory-reset" => Self::FactoryReset,
            _ => Self::Page(Page::ALL.into_iter().find(|page| page.path() == path)?),
        })
    }

    /// The page where a person goes on.
    pub const fn page(self) -> Option<Page> {
        match self {
            Self::Page(page) => Some(page),
            Self::Certificate(..) => Some(Page::Mqtt),
            Self::Outputs => Some(Page::Ports),
            Self::Configuration | Self::FactoryReset | Self::Password => Some(Page::System),
            _ => None,
        }
    }

    /// The methods that it has, as `Allow` lists them (RFC 9110 §10.2.1).
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Page(_) | Self::Live(_) | Self::Style | Self::Script | Self::Status => "GET, HEAD",
            Self::LogIn | Self::Password | Self::Settings => "GET, HEAD, POST",
            Self::LogOut | Self::Outputs | Self::FactoryReset => "POST",
            Self::Certificate(_, Verb::Store) => "POST, PUT, DELETE",
            Self::Certificate(_, Verb::Check) => "POST, PUT",
            Self::Certificate(_, Verb::Erase) => "POST",
            Self::Configuration => "GET, HEAD, POST, PUT",
        }
    }

    /// Whether it has this method.
    pub const fn has(self, method: Method) -> bool {
        match method {
            Method::Get | Method::Head => {
                !matches!(self, Self::LogOut | Self::Outputs | Self::FactoryReset | Self::Certificate(..))
            }
            Method::Post => {
                !matches!(self, Self::Page(_) | Self::Live(_) | Self::Style | Self::Script | Self::Status)
            }
            Method::Put => {
                matches!(self, Self::Configuration | Self::Certificate(_, Verb::Store | Verb::Check))
            }
            Method::Delete => matches!(self, Self::Certificate(_, Verb::Store)),
            Method::Other => false,
        }
    }
}
