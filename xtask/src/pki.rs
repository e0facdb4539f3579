//! A public-key infrastructure of throw-away keys, made by the `openssl` command: a root CA, an intermediate CA, server
//! certificates with their chain, and client certificates.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::process;

/// The host that the server's certificate is for.
pub const HOST: &str = "127.0.0.1";

const AUTHORITY: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const SERVER: &str = "subjectAltName=IP:127.0.0.1,DNS:localhost\nkeyUsage=critical,digitalSignature,keyEncipherment\n\
                      extendedKeyUsage=serverAuth\n";
const CLIENT: &str = "keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n";

/// A folder of keys and certificates.
#[derive(Clone)]
pub struct Pki {
    folder: PathBuf,
}

/// What a certificate says.
pub struct Request<'a> {
    /// The name of its files in the folder.
    pub name: &'a str,
    /// The key's length in bits.
    pub bits: u16,
    /// The subject's common name.
    pub common_name: &'a str,
    /// The extensions, as lines of an OpenSSL configuration.
    pub extensions: &'a str,
    /// The name of the issuer's files; none for a self-signed certificate.
    pub issuer: Option<&'a str>,
}

impl Pki {
    /// Makes `folder` anew, with `ca`, `intermediate`, and `server`.
    ///
    /// # Errors
    /// What `openssl` said.
    pub fn create(folder: &Path) -> Result<Self, String> {
        process::fresh_folder(folder)?;
        let pki = Self::at(folder);
        let ca =
            Request { name: "ca", bits: 2048, common_name: "Demo CA", extensions: AUTHORITY, issuer: None };
        pki.issue(&ca)?;
        let name = "intermediate";
        pki.issue(&Request { name, common_name: "Demo intermediate CA", issuer: Some("ca"), ..ca })?;
        pki.issue(&Request {
            name: "server",
            bits: 2048,
            common_name: HOST,
            extensions: SERVER,
            issuer: Some("intermediate"),
        })?;
        pki.concatenate("server-chain", &["server", "intermediate"])?;
        Ok(pki)
    }

    /// The keys and certificates that are in `folder` already.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    /// Makes a client certificate `client-BITS`, issued by the root CA.
    ///
    /// # Errors
    /// What `openssl` said.
    pub fn client(&self, bits: u16) -> Result<(), String> {
        let name = format!("client-{bits}");
        let common_name = format!("device-{bits}");
        let (name, common_name) = (name.as_str(), common_name.as_str());
        self.issue(&Request { name, bits, common_name, extensions: CLIENT, issuer: Some("ca") })
    }

    /// Makes a key and a certificate, valid from now on for a month.
    ///
    /// # Errors
    /// What `openssl` said.
    pub fn issue(&self, request: &Request<'_>) -> Result<(), String> {
        let key = self.key(request.name);
        let asked = self.file(request.name, "csr");
        let extensions = self.file(request.name, "ext");
        fs::write(&extensions, request.extensions)
            .map_err(|error| format!("{}: {error}", extensions.display()))?;
        let bits = request.bits.to_string();
        openssl(&["genrsa", "-traditional", "-out"], &[&key], &[&bits])?;
        let subject = format!("/CN={}", request.common_name);
        openssl(&["req", "-new", "-subj", &subject, "-key"], &[&key], &["-out", &text(&asked)])?;

        let mut command = Command::new("openssl");
        command.args(["x509", "-req", "-sha256", "-days", "30", "-in"]).arg(&asked);
        command.arg("-extfile").arg(&extensions).arg("-out").arg(self.certificate(request.name));
        match request.issuer {
            None => command.arg("-signkey").arg(&key),
            Some(issuer) => command
                .arg("-CA")
                .arg(self.certificate(issuer))
                .arg("-CAkey")
                .arg(self.key(issuer))
                .arg("-CAcreateserial"),
        };
        process::output(&mut command).map(|_| ())
    }

    /// Writes certificates one after the other into the certificate file `name`.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn concatenate(&self, name: &str, parts: &[&str]) -> Result<(), String> {
        let mut bundle = Vec::new();
        for part in parts {
            let file = self.certificate(part);
            bundle.extend(fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?);
        }
        let file = self.certificate(name);
        fs::write(&file, bundle).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// The certificate file of `name`, PEM.
    pub fn certificate(&self, name: &str) -> PathBuf {
        self.file(name, "pem")
    }

    /// The private key's file of `name`, PEM (PKCS#1), without a password.
    pub fn key(&self, name: &str) -> PathBuf {
        self.file(name, "key")
    }

    fn file(&self, name: &str, extension: &str) -> PathBuf {
        self.folder.join(format!("{name}.{extension}"))
    }
}

/// Runs `openssl` with words, files, and words again.
fn openssl(before: &[&str], files: &[&Path], after: &[&str]) -> Result<(), String> {
    process::output(Command::new("openssl").args(before).args(files).args(after)).map(|_| ())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
