//! What can be wrong with protected records, in every kind of protection.

use tests::server::record::Record;
use tests::server::{
    ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, FINISHED, Flight, HANDSHAKE, HELLO_REQUEST, Item,
    SERVER_HELLO, Script, message,
};

use super::{WARNING, case, record, said_honestly, traffic};
use crate::differential::Case;

/// One suite of each kind, CBC with and without encrypt-then-MAC.
const PROTECTIONS: [(&str, u16, bool); 6] = [
    ("GCM", 0x009D, false),
    ("CCM_8", 0xC0A1, false),
    ("CBC-SHA256, EtM", 0x003D, true),
    ("CBC-SHA256, MtE", 0x003D, false),
    ("CBC-SHA1, EtM", 0x002F, true),
    ("CBC-SHA1, MtE", 0x002F, false),
];

/// A way to spoil a record.
struct Damage {
    what: &'static str,
    edit: fn(&mut Vec<u8>),
}

const fn damage(what: &'static str, edit: fn(&mut Vec<u8>)) -> Damage {
    Damage { what, edit }
}

/// Of a finished record of 20 bytes of data.
const OUTSIDE: [Damage; 9] = [
    damage("first byte damaged", |record| record[5] ^= 1),
    damage("middle damaged", |record| record[20] ^= 1),
    damage("last byte damaged", |record| record.last_mut().into_iter().for_each(|last| *last ^= 1)),
    damage("another type", |record| record[0] = HANDSHAKE),
    damage("an older version", |record| record[2] = 2),
    damage("replayed", |record| record.extend(record.clone())),
    damage("a byte short", |record| {
        record.pop();
        record[4] -= 1;
    }),
    damage("a block short", |record| {
        record.truncate(record.len() - 16);
        record[4] -= 16;
    }),
    damage("7 bytes only", |record| {
        record.truncate(12);
        record[4] = 7;
    }),
];

/// Of what is about to be encrypted.
const INSIDE: [Damage; 3] = [
    damage("padding length", |bytes| bytes.last_mut().into_iter().for_each(|last| *last ^= 1)),
    damage("padding too long", |bytes| bytes.last_mut().into_iter().for_each(|last| *last = 255)),
    damage("MAC or content", |bytes| bytes[6] ^= 1),
];

pub(in crate::differential) fn protected_records() -> Vec<Case> {
    let mut cases: Vec<Case> = PROTECTIONS.into_iter().flat_map(protection).collect();
    cases.extend([
        traffic("HelloRequest in traffic", |server| {
            server.push(message(HELLO_REQUEST, &[]));
            said_honestly(server);
        }),
        traffic("HelloRequest with content in traffic", |server| server.push(message(HELLO_REQUEST, &[0]))),
        traffic("ServerHello in traffic", |server| server.push(message(SERVER_HELLO, &[3, 3]))),
        traffic("Finished in traffic", |server| server.push(message(FINISHED, &[0; 12]))),
        traffic("ChangeCipherSpec in traffic", |server| server.push(record(CHANGE_CIPHER_SPEC, &[1]))),
        traffic("malformed alert in traffic", |server| server.push(record(ALERT, &[2]))),
        traffic("empty alert in traffic", |server| server.push(record(ALERT, &[]))),
        traffic("empty handshake record in traffic", |server| server.push(record(HANDSHAKE, &[]))),
        traffic("warning, then data", |server| {
            server.alert(WARNING, 112);
            said_honestly(server);
        }),
        traffic("no_renegotiation, then data", |server| {
            server.alert(WARNING, 100);
            said_honestly(server);
        }),
        traffic("5 warnings, then data", |server| {
            (0..5).for_each(|_| server.alert(WARNING, 112));
            said_honestly(server);
        }),
        traffic("HTTP in traffic", |server| server.push(Item::Raw(b"HTTP/1.1 400 Bad Request".to_vec()))),
        traffic("clear alert in traffic", |server| server.push(Item::Raw(vec![21, 3, 3, 0, 2, 2, 40]))),
        traffic("record of 2^14 + 1 bytes in traffic", |server| {
            server.push(record(APPLICATION_DATA, &[7; 16385]));
        }),
        traffic("record of 2^14 bytes", |server| server.push(record(APPLICATION_DATA, &[7; 16384]))),
    ]);
    for record_version in [[3, 0], [3, 1]] {
        let [_, minor] = record_version;
        let script = move || Script { record_version, ..Script::default() };
        cases.push(case(format!("records of version 3.{minor}"), script).then(said_honestly));
    }
    for count in [3, 4] {
        cases.push(traffic(format!("{count} empty records, then data"), move |server| {
            (0..count).for_each(|_| server.push(record(APPLICATION_DATA, &[])));
            said_honestly(server);
        }));
    }
    cases
}

fn protection((name, suite, encrypt_then_mac): (&str, u16, bool)) -> Vec<Case> {
    let script = move || Script { ticket: None, encrypt_then_mac, ..Script::new(suite) };
    let mut cases = vec![
        case(format!("{name}: Finished wrong"), move || {
            script().edited_in(Flight::Finish, |items| items[1] = message(FINISHED, &[0; 12]))
        }),
        case(format!("{name}: Finished's record damaged"), move || {
            let spoil = |burst: usize, bytes: &mut Vec<u8>| {
                if burst == 1
                    && let Some(last) = bytes.last_mut()
                {
                    *last ^= 1;
                }
            };
            Script { spoil: Some(Box::new(spoil)), ..script() }
        }),
        case(format!("{name}: data before Finished"), move || {
            script().edited_in(Flight::Finish, |items| items.insert(1, record(APPLICATION_DATA, b"early")))
        }),
        case(format!("{name}: ChangeCipherSpec twice"), move || {
            script().edited_in(Flight::Finish, |items| items.insert(1, record(CHANGE_CIPHER_SPEC, &[1])))
        }),
    ];
    for Damage { what, edit } in OUTSIDE {
        cases.push(case(format!("{name}: {what}"), script).then(move |server| {
            // Long enough for any of these.
            let record = Record::new(APPLICATION_DATA, b"twenty bytes of data").outside(edit);
            server.push(Item::Record(record));
        }));
    }
    if name.starts_with("CBC") {
        for Damage { what, edit } in INSIDE {
            cases.push(case(format!("{name}: {what} wrong inside"), script).then(move |server| {
                server.push(Item::Record(Record::new(APPLICATION_DATA, b"hello").inside(edit)));
            }));
        }
        cases.push(case(format!("honest, {name}, more padding than needed"), script).then(|server| {
            server.push(Item::Record(Record { extra_blocks: 15, ..Record::new(APPLICATION_DATA, b"hello") }));
        }));
    }
    cases
}
