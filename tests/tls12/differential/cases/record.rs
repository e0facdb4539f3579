//! What can be wrong with records before they are protected, alerts, and ends at every step.

use tests::server::record::header;
use tests::server::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, Flight, HANDSHAKE, Item, Script};

use super::{FATAL, WARNING, case, finish, hello, record, said_honestly, traffic};
use crate::differential::Case;

pub(in crate::differential) fn plain_records() -> Vec<Case> {
    let mut cases = vec![
        hello("HTTP", |items| *items = vec![Item::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())]),
        hello("SMTP", |items| *items = vec![Item::Raw(b"220 mail.example ESMTP\r\n".to_vec())]),
        hello("warning inside a message", |items| {
            items.splice(0..1, [record(HANDSHAKE, &[2, 0]), record(ALERT, &[WARNING, 112])]);
        }),
        hello("record of 2^14 + 1 bytes", |items| {
            items.insert(0, Item::Raw([header(22, [3, 3], 0x4001), vec![0; 0x4001]].concat()));
        }),
        hello("record header alone, then nothing", |items| {
            *items = vec![Item::Raw(header(22, [3, 3], 100))];
        }),
    ];
    let headers: [(&str, [u8; 5]); 10] = [
        ("type 0", [0, 3, 3, 0, 4]),
        ("type 19", [19, 3, 3, 0, 4]),
        ("type 24", [24, 3, 3, 0, 4]),
        ("type 255", [255, 3, 3, 0, 4]),
        ("major 2", [22, 2, 0, 0, 4]),
        ("major 4", [22, 4, 3, 0, 4]),
        ("minor 0", [22, 3, 0, 0, 4]),
        ("minor 4", [22, 3, 4, 0, 4]),
        ("length 0x4801", [22, 3, 3, 0x48, 0x01]),
        ("length 0xFFFF", [22, 3, 3, 0xFF, 0xFF]),
    ];
    for (name, header) in headers {
        cases.push(hello(format!("record of {name}"), move |items| {
            items.insert(0, Item::Raw([&header[..], &[0; 4]].concat()));
        }));
    }
    for (name, kind) in [("alert", ALERT), ("handshake", HANDSHAKE), ("data", APPLICATION_DATA)] {
        cases.push(hello(format!("empty {name} record first"), move |items| {
            items.insert(0, record(kind, &[]))
        }));
    }
    for content in [&[2][..], &[2, 0], &[2, 0, 0]] {
        cases.push(hello(format!("handshake record {content:?}, then another message"), move |items| {
            items.insert(0, record(HANDSHAKE, content));
        }));
    }
    for stage in 0..3 {
        cases.extend([
            hello(format!("application data at {stage}"), move |items| {
                items.insert(stage, record(APPLICATION_DATA, b"early"));
            }),
            hello(format!("ChangeCipherSpec at {stage}"), move |items| {
                items.insert(stage, record(CHANGE_CIPHER_SPEC, &[1]));
            }),
        ]);
    }
    cases.push(finish("application data before ChangeCipherSpec", |items| {
        items.insert(0, record(APPLICATION_DATA, b"early"));
    }));
    for content in [&[][..], &[0], &[2], &[1, 1]] {
        cases.push(finish(format!("ChangeCipherSpec {content:?}"), move |items| {
            items[0] = Item::ChangeCipherSpec(content.to_vec());
        }));
    }
    cases.extend(alerts());
    cases
}

fn alerts() -> Vec<Case> {
    let mut cases = Vec::new();
    for description in [0, 10, 20, 40, 42, 43, 47, 48, 50, 70, 71, 80, 86, 90, 100, 112, 120, 255] {
        for (level, name) in [(WARNING, "warning"), (FATAL, "fatal alert")] {
            cases.push(hello(format!("{name} {description} first"), move |items| {
                items.insert(0, record(ALERT, &[level, description]));
            }));
        }
    }
    for content in [&[2][..], &[2, 40, 0], &[3, 40], &[0, 40]] {
        cases.push(hello(format!("alert {content:?}"), move |items| items.insert(0, record(ALERT, content))));
    }
    for count in [4, 5] {
        cases.push(hello(format!("{count} warnings"), move |items| {
            (0..count).for_each(|_| items.insert(0, record(ALERT, &[WARNING, 112])));
        }));
    }
    cases
}

/// The end of the stream, with close_notify and without, and a fatal alert, at every step.
pub(in crate::differential) fn endings() -> Vec<Case> {
    let mut cases = Vec::new();
    for stage in 0..=3 {
        cases.extend([
            hello(format!("end before message {stage}"), move |items| {
                items.truncate(stage);
                items.push(Item::End);
            }),
            hello(format!("close_notify before message {stage}"), move |items| {
                items.truncate(stage);
                items.push(record(ALERT, &[WARNING, 0]));
            }),
            hello(format!("fatal alert before message {stage}"), move |items| {
                items.truncate(stage);
                items.push(record(ALERT, &[FATAL, 40]));
            }),
            hello(format!("record cut short as message {stage}"), move |items| {
                items.truncate(stage);
                items.extend([Item::Raw(vec![22, 3, 3, 0, 9, 2]), Item::End]);
            }),
        ]);
    }
    for stage in 0..=2 {
        let last = |edit: fn(&mut Vec<Item>)| {
            move || {
                Script::default().edited_in(Flight::Finish, move |items| {
                    items.truncate(stage);
                    edit(items);
                })
            }
        };
        cases.extend([
            case(format!("end at {stage} of the last flight"), last(|items| items.push(Item::End))),
            case(
                format!("close_notify at {stage} of the last flight"),
                last(|items| items.push(record(ALERT, &[WARNING, 0]))),
            ),
            case(
                format!("fatal alert at {stage} of the last flight"),
                last(|items| items.push(record(ALERT, &[FATAL, 51]))),
            ),
        ]);
    }
    cases.extend([
        traffic("close_notify", |server| server.alert(WARNING, 0)),
        traffic("data, then close_notify", |server| {
            said_honestly(server);
            server.alert(WARNING, 0);
        }),
        traffic("fatal alert in traffic", |server| server.alert(FATAL, 80)),
        traffic("end in traffic", |server| server.push(Item::End)),
        traffic("data, then the end", |server| {
            said_honestly(server);
            server.push(Item::End);
        }),
        traffic("end inside a record", |server| {
            server.push(Item::Raw(vec![23, 3, 3, 0, 40, 1, 2]));
            server.push(Item::End);
        }),
    ]);
    cases
}
