//! What the server says: flights become messages, messages records, and records bytes.

use super::hello::prefixed;
use super::record::Record;
use super::script::{CertificateRequest, Cut, Flight, Item, message};
use super::{CHANGE_CIPHER_SPEC, FINISHED, HANDSHAKE, HELLO_REQUEST, Server};

impl Server {
    pub(super) fn send_flight(&mut self, flight: Flight, mut items: Vec<Item>) {
        if self.ended {
            return;
        }
        if let Some(mut edit) = self.script.edit.take() {
            edit(flight, &mut items);
            self.script.edit = Some(edit);
        }
        self.encode(items);
    }

    pub(super) fn encode(&mut self, items: Vec<Item>) {
        let before = self.output.len();
        self.encode_items(items);
        if let Some(spoil) = &mut self.script.spoil {
            let mut burst = self.output.split_off(before).into();
            spoil(self.bursts, &mut burst);
            self.output.extend(burst);
        }
        self.bursts += 1;
    }

    fn encode_items(&mut self, items: Vec<Item>) {
        let mut pending = Vec::new();
        for item in items {
            let item = match item {
                Item::Finished => {
                    let transcript = self.transcript.clone();
                    message(FINISHED, &self.verify_data("server finished", &transcript))
                }
                item => item,
            };
            if let Item::Message { kind, body } = item {
                let bytes = [&[kind][..], &prefixed(3, &body)].concat();
                // RFC 5246 §7.4.1.1: a HelloRequest is not part of any transcript.
                if kind != HELLO_REQUEST {
                    self.transcript.extend_from_slice(&bytes);
                }
                pending.extend(bytes);
                if self.script.cut == Cut::PerMessage {
                    self.flush(&mut pending);
                }
                continue;
            }
            self.flush(&mut pending);
            match item {
                Item::ChangeCipherSpec(content) => {
                    self.write_record(Record::new(CHANGE_CIPHER_SPEC, &content));
                    if let Some([_, server]) = self.next.clone() {
                        self.write = Some(server);
                    }
                }
                Item::Record(record) => self.write_record(record),
                Item::Raw(bytes) => self.output.extend(bytes),
                Item::End => self.ended = true,
                Item::Message { .. } | Item::Finished => {}
            }
        }
        self.flush(&mut pending);
    }

    fn flush(&mut self, pending: &mut Vec<u8>) {
        let limit = match self.script.cut {
            Cut::Every(length) => length,
            Cut::PerMessage | Cut::Together => self.fragment,
        };
        for chunk in std::mem::take(pending).chunks(limit) {
            self.write_record(Record::new(HANDSHAKE, chunk));
        }
    }

    fn write_record(&mut self, mut record: Record) {
        if record.version == [3, 3] {
            record.version = self.script.record_version;
        }
        let bytes = match &mut self.write {
            Some(state) => state.seal(&record),
            None => record.plain(),
        };
        self.output.extend(bytes);
    }
}

/// The body of a Certificate message.
pub fn certificate(chain: &[Vec<u8>]) -> Vec<u8> {
    prefixed(3, &chain.iter().flat_map(|der| prefixed(3, der)).collect::<Vec<u8>>())
}

/// The body of a CertificateRequest message.
pub fn certificate_request(request: &CertificateRequest) -> Vec<u8> {
    let algorithms: Vec<u8> = request.algorithms.iter().flat_map(|id| id.to_be_bytes()).collect();
    let authorities: Vec<u8> = request.authorities.iter().flat_map(|name| prefixed(2, name)).collect();
    [prefixed(1, &request.types), prefixed(2, &algorithms), prefixed(2, &authorities)].concat()
}
