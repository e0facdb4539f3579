//! The status codes of everything that can be wrong with certificates, as the application note's tables have them (§5).

use std::process::Command;

use serde_json::Value;
use xtask::{
    device::File,
    mosquitto::{Broker, Listener},
    pki::{Pki, Request},
};

use crate::world::{HOST, World, folder, pki};

/// The newest status code's code and circumstances; empty where there is none.
fn newest(status: &Value) -> (&str, String) {
    let entry = &status["status_codes"][0];
    let circumstances = format!("{} {}", entry["text"], entry["cause"]);
    (entry["code"].as_str().unwrap_or_default(), circumstances)
}

/// Waits for a failed connection with this code, in whose circumstances `words` are.
fn fails(world: &World, what: &str, code: &str, words: &[&str]) {
    let status = world.status_when(what, |status| {
        let (found, circumstances) = newest(status);
        found == code && words.iter().all(|word| circumstances.contains(word))
    });
    assert_ne!(status["connection"]["state"], "connected", "{what}");
}

/// Puts everything right again, so that the next code is known to be a new one.
fn repair(world: &mut World) {
    world.connect();
    // A failure of another kind is the newest.
    world.device.set(&[("mqtt.host", "nowhere.test")]).unwrap();
    let forgotten = |status: &Value| newest(status).0 == "-0x0052";
    world.status_when("a host that nobody knows", forgotten);
}

/// Another public-key infrastructure with the same names.
fn foreign() -> Pki {
    let foreign = Pki::create(&folder("foreign")).unwrap();
    foreign.client(2048).unwrap();
    foreign
}

#[test]
fn files_that_do_not_fit_the_broker() {
    let mut world = World::new("codes");
    let foreign = foreign();
    let mutual = world.broker.port(Listener::Mutual).to_string();
    let here = [("mqtt.host", HOST), ("mqtt.port", mutual.as_str())];
    repair(&mut world);

    world.device.upload(File::Ca, &foreign.certificate("ca")).unwrap();
    world.device.set(&here).unwrap();
    fails(&world, "a CA that did not issue the server's certificate", "-0x2700", &["not correctly signed"]);

    repair(&mut world);
    world.device.erase(File::Ca).unwrap();
    world.device.set(&here).unwrap();
    fails(&world, "no CA", "-0x7680", &["No CA Chain is set"]);
    // Without verification none is needed.
    world.device.set(&[("mqtt.verify_server_certificate", "off")]).unwrap();
    world.connected();
    world.device.set(&[("mqtt.verify_server_certificate", "on")]).unwrap();

    repair(&mut world);
    world.device.set(&[("mqtt.host", "broker.test"), ("mqtt.port", &mutual)]).unwrap();
    fails(&world, "a host that the certificate does not name", "-0x2700", &["Common Name"]);

    repair(&mut world);
    world.device.erase(File::Client).unwrap();
    world.device.set(&here).unwrap();
    fails(&world, "no client certificate", "-0x7780", &["handshake_failure"]);

    repair(&mut world);
    world.device.upload(File::Client, &foreign.certificate("client-2048")).unwrap();
    world.device.upload(File::Key, &foreign.key("client-2048")).unwrap();
    world.device.set(&here).unwrap();
    fails(&world, "a client certificate of another CA", "-0x7780", &["unknown_ca"]);

    repair(&mut world);
    let findings = world.device.upload(File::Key, &foreign.key("client-2048")).unwrap();
    assert!(
        findings.contains("does not belong"),
        "the upload says it before the connection does: {findings}"
    );
    world.device.set(&here).unwrap();
    fails(&world, "a key that does not belong to the certificate", "-0x7780", &["decrypt_error"]);
}

#[test]
fn servers_that_do_not_fit() {
    let mut world = World::new("servers");
    repair(&mut world);
    let plain = world.broker.port(Listener::Plain).to_string();
    world.device.set(&[("mqtt.host", HOST), ("mqtt.port", &plain)]).unwrap();
    // Mosquitto takes the ClientHello for a malformed packet, and closes without having read all of it.
    fails(&world, "a port without TLS", "-0x0050", &[]);

    repair(&mut world);
    let nobody = xtask::process::free_port().unwrap().to_string();
    world.device.set(&[("mqtt.host", HOST), ("mqtt.port", &nobody)]).unwrap();
    fails(&world, "a port where nobody listens", "-0x0044", &[]);

    for (name, bits, extensions, code, words) in [
        ("short-key", 1024, "subjectAltName=DNS:localhost\n", "-0x2700", "key"),
        (
            "wrong-use",
            2048,
            "subjectAltName=DNS:localhost\nextendedKeyUsage=clientAuth\n",
            "-0x7A00",
            "extendedKeyUsage",
        ),
    ] {
        repair(&mut world);
        let broker = broker(name, bits, extensions);
        let port = broker.port(Listener::Tls).to_string();
        world.device.upload(File::Ca, &Pki::at(&folder_of(name)).certificate("ca")).unwrap();
        world.device.set(&[("mqtt.host", HOST), ("mqtt.port", &port)]).unwrap();
        fails(&world, name, code, &[words]);
    }
}

fn folder_of(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("device").join(name)
}

/// A broker with a server certificate of this kind.
fn broker(name: &str, bits: u16, extensions: &str) -> Broker {
    let pki = Pki::create(&folder(name)).unwrap();
    let issuer = Some("intermediate");
    pki.issue(&Request { name: "server", bits, common_name: HOST, extensions, issuer }).unwrap();
    pki.concatenate("server-chain", &["server", "intermediate"]).unwrap();
    Broker::start(&folder_of(name), &pki, &[Listener::Tls]).unwrap()
}

#[test]
fn certificates_of_another_time() {
    // A year after the certificates' month.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let year = 365 * 24 * 3600;
    let world = World::with("expired", &["--time", &(now + year).to_string()]);
    world.upload_right_files();
    let port = world.broker.port(Listener::Mutual).to_string();
    let settings = [("mqtt.enabled", "on"), ("mqtt.tls", "on"), ("mqtt.host", HOST), ("mqtt.port", &port)];
    world.device.set(&settings).unwrap();
    fails(&world, "expired", "-0x2700", &["expired"]);
    // Whoever does not verify does not look at the time either.
    world.device.set(&[("mqtt.verify_server_certificate", "off")]).unwrap();
    world.connected();
    assert_eq!(world.device.process.log().matches("reset ").count(), 0);

    // A certificate that is made for later: the device's clock goes with no time that is past.
    let world = World::new("future");
    let broker = broker_of_later("of-later");
    let port = broker.port(Listener::Tls).to_string();
    world.device.upload(File::Ca, &Pki::at(&folder_of("of-later")).certificate("ca")).unwrap();
    let settings = [("mqtt.enabled", "on"), ("mqtt.tls", "on"), ("mqtt.host", HOST), ("mqtt.port", &port)];
    world.device.set(&settings).unwrap();
    fails(&world, "future", "-0x2700", &["future"]);
}

/// A broker whose certificate is valid from 2040 on.
fn broker_of_later(name: &str) -> Broker {
    let pki = Pki::create(&folder(name)).unwrap();
    let place = folder_of(name);
    let config = "[ca]\ndefault_ca=later\n[later]\ndatabase=index.txt\nnew_certs_dir=.\ndefault_md=sha256\n\
                  policy=names\nrand_serial=yes\n[names]\ncommonName=supplied\n";
    std::fs::write(place.join("ca.cnf"), config).unwrap();
    std::fs::write(place.join("index.txt"), "").unwrap();
    std::fs::write(place.join("later.ext"), "subjectAltName=DNS:localhost\n").unwrap();
    let mut request = Command::new("openssl");
    request.current_dir(&place).args(["req", "-new", "-subj", "/CN=localhost", "-out", "later.csr", "-key"]);
    xtask::process::output(request.arg(pki.key("server"))).unwrap();
    let mut sign = Command::new("openssl");
    sign.current_dir(&place).args(["ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "later.csr"]);
    sign.args([
        "-extfile",
        "later.ext",
        "-startdate",
        "20400101000000Z",
        "-enddate",
        "20410101000000Z",
        "-cert",
    ]);
    sign.arg(pki.certificate("intermediate")).arg("-keyfile").arg(pki.key("intermediate"));
    xtask::process::output(sign.arg("-out").arg(pki.certificate("server"))).unwrap();
    pki.concatenate("server-chain", &["server", "intermediate"]).unwrap();
    Broker::start(&place, &pki, &[Listener::Tls]).unwrap()
}

#[test]
fn a_file_that_is_refused_leaves_the_old_one() {
    let world = World::new("refused");
    world.upload_right_files();
    let certificates = || {
        let mut certificates = world.status()["certificates"].clone();
        // They change while one looks.
        for file in ["ca", "client"] {
            certificates[file].as_object_mut().unwrap().remove("days_left").unwrap();
        }
        certificates
    };
    let before = certificates();
    let ca = std::fs::read(pki().certificate("ca")).unwrap();
    let cut: Vec<u8> = ca[..ca.len() - 200].to_vec();
    let mut bent = ca.clone();
    bent[ca.len() / 2] = b'!';
    let long: Vec<u8> = ca.iter().copied().cycle().take(4097).collect();
    let files = [
        ("/certificates/ca", b"hello".to_vec(), 422, "-0x2180"),
        ("/certificates/ca", cut, 422, "-0x2780"),
        ("/certificates/ca", bent, 422, "-0x112C"),
        ("/certificates/client", Vec::new(), 400, ""),
        ("/certificates/key", ca.clone(), 422, "-0x3D00"),
        ("/certificates/ca", long, 413, "-0x8280"),
    ];
    let expected: Vec<(u16, String)> =
        files.iter().map(|(_, _, status, code)| (*status, (*code).to_owned())).collect();
    let found: Vec<(u16, String)> = files
        .iter()
        .map(|(path, body, ..)| {
            let answer =
                world.device.request(&format!("PUT {path}"), "application/x-pem-file", body).unwrap();
            (answer.status, answer.json("code").unwrap_or_default().to_owned())
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(certificates(), before);
}
