//! The certificate store of the product's firmware, when the power goes.

use std::{thread, time::Duration};

use board::{
    Options,
    models::flash::{Cut, Moment, Operation},
};

use crate::{
    device::{Device, World},
    http::{Answer, Session},
};

/// The certificates' flash, as `memory.x` of the board has it.
const STORE: std::ops::Range<u64> = 0x0810_0000..0x0811_0000;

/// A device with a CA certificate, a client certificate and its key.
fn furnished(world: &World) -> (Device, Session) {
    world.pki.client(2048).unwrap();
    let mut device = Device::boot(Options::default());
    let session = device.session();
    session.load("ca", &world.file("ca.pem"));
    session.load("client", &world.file("client-2048.pem"));
    session.load("key", &world.file("client-2048.key"));
    (device, session)
}

/// What the status says about a file: its description.
fn description(session: &Session, slot: &str) -> Option<String> {
    let status = session.status().ok()?;
    Some(status["certificates"][slot]["description"].as_str().unwrap_or("nothing").to_owned())
}

/// The operations of the flash in the certificates' range while `work` runs.
fn operations(device: &mut Device, work: impl FnOnce()) -> Vec<Operation> {
    let before = device.board.flash_journal().len();
    work();
    let journal = device.board.flash_journal();
    journal[before..].iter().copied().filter(is_stored).collect()
}

fn is_stored(operation: &Operation) -> bool {
    let (Operation::Program { address, .. } | Operation::Erase { address, .. }) = operation;
    STORE.contains(address)
}

#[test]
fn a_power_cut_loses_nothing_but_the_file_in_flight() {
    let world = World::new("power");
    let (mut device, mut session) = furnished(&world);
    let old = description(&session, "ca").unwrap();
    let others = |session: &Session| ["client", "key"].map(|slot| description(session, slot).unwrap());
    let kept = others(&session);
    let (first, second) = (world.file("ca.pem"), world.file("intermediate.pem"));
    // How many operations an upload takes; those that are not sampled data are headers and erases.
    let journal = operations(&mut device, || drop(session.load("ca", &second)));
    let new = description(&session, "ca").unwrap();
    assert_ne!(old, new);
    session.load("ca", &first);
    let mut survived = [0, 0];
    for (nth, moment) in samples(&journal) {
        device.board.cut_at(Some(Cut { operation: nth, moment }));
        let (answer, was_cut) = upload(&mut device, &session, &second);
        device.board.cut_at(None);
        if was_cut {
            session = device.session();
        }
        let ca = description(&session, "ca").unwrap();
        assert!(ca == old || ca == new, "cut {nth} {moment:?}: {ca}");
        if answer.is_ok_and(|answer| answer.status == 200) {
            assert_eq!(ca, new, "cut {nth} {moment:?}: what was confirmed is there");
        }
        survived[usize::from(ca == new)] += 1;
        assert_eq!(others(&session), kept, "cut {nth} {moment:?}");
        if ca != old {
            session.load("ca", &first);
        }
        println!("cut at {nth} {moment:?}: {}", if ca == new { "the new file" } else { "the old one" });
    }
    assert!(survived.iter().all(|count| *count > 0), "both outcomes must occur: {survived:?}");
    assert_eq!(description(&session, "ca").as_ref(), Some(&old));
}

/// Uploads a CA certificate, and gives the power back when it goes meanwhile; whether it went.
fn upload(device: &mut Device, session: &Session, pem: &[u8]) -> (Result<Answer, String>, bool) {
    let mut was_cut = false;
    thread::scope(|scope| {
        let request = scope.spawn(|| session.send("PUT /certificates/ca", pem));
        while !request.is_finished() {
            if !device.board.is_powered() {
                was_cut = true;
                device.board.power_on();
            }
            thread::sleep(Duration::from_millis(5));
        }
        (request.join().unwrap(), was_cut)
    })
}

/// How many cuts are tried in the middle of data, and how many at most elsewhere.
const IN_DATA: usize = 4;
const ELSEWHERE: usize = 16;

/// Operations to cut: those that are not in the middle of a run of neighbouring words (headers, first and last words, erases),
/// and a few that are, each before it, in it, or after it.
fn samples(journal: &[Operation]) -> Vec<(u64, Moment)> {
    let address = |nth: usize| match journal.get(nth) {
        Some(Operation::Program { address, .. }) => Some(*address),
        _ => None,
    };
    let in_a_run = |nth: &usize| {
        let here = address(*nth);
        let before = nth.checked_sub(1).and_then(address);
        here.is_some()
            && before.map(|before| before + 4) == here
            && address(nth + 1) == here.map(|here| here + 4)
    };
    let (data, headers): (Vec<usize>, Vec<usize>) = (0..journal.len()).partition(in_a_run);
    let thinned = |from: &[usize], most: usize| -> Vec<usize> {
        from.iter().step_by(from.len().div_ceil(most).max(1)).copied().collect()
    };
    let mut chosen = [thinned(&headers, ELSEWHERE), thinned(&data, IN_DATA)].concat();
    chosen.extend(headers.last());
    chosen.sort_unstable();
    chosen.dedup();
    println!(
        "{} operations, {} of them headers and the like; cuts at {chosen:?}",
        journal.len(),
        headers.len()
    );
    let moments = [Moment::Before, Moment::During, Moment::After];
    chosen.iter().zip(moments.into_iter().cycle()).map(|(nth, moment)| (*nth as u64, moment)).collect()
}

#[test]
fn no_byte_of_a_key_is_left_after_it_was_replaced_or_erased() {
    let world = World::new("erased");
    let (mut device, session) = furnished(&world);
    let key = world.file("client-2048.key");
    assert_ne!(remains(&device.board.flash(), &key), None, "the key is in flash while it is in use");
    world.pki.client(1024).unwrap();
    session.load("client", &world.file("client-1024.pem"));
    session.load("key", &world.file("client-1024.key"));
    assert_eq!(remains(&device.board.flash(), &key), None, "the key that was replaced");
    session.must("DELETE /certificates/key", b"");
    assert_eq!(
        remains(&device.board.flash(), &world.file("client-1024.key")),
        None,
        "the key that was erased"
    );
    device.assert_clean();
}

/// Where in flash 16 bytes of a key's private part are, as text or as what it encodes: of its second half, since the first has
/// the modulus, which stands in the certificate too (RFC 8017 §A.1.2).
fn remains(flash: &[u8], pem: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(pem);
    let base64: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = decode(&base64);
    let find = |bytes: &[u8]| {
        let mut pieces = bytes[bytes.len() / 2..].chunks_exact(16);
        pieces.find_map(|piece| flash.windows(16).position(|window| window == piece))
    };
    find(base64.as_bytes()).or_else(|| find(&der))
}

fn decode(base64: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = base64.bytes().filter_map(|byte| ALPHABET.iter().position(|letter| *letter == byte));
    let mut bits = 0_u32;
    let mut length = 0;
    let mut bytes = Vec::new();
    for digit in digits {
        bits = bits << 6 | digit as u32;
        length += 6;
        if length >= 8 {
            length -= 8;
            bytes.push((bits >> length) as u8);
        }
    }
    bytes
}
