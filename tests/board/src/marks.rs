//! Marks: the TLS records that the device sends, each with the instruction count at which its first byte was given to the
//! Ethernet controller. So the instructions from a ClientHello to the first MQTT packet are a subtraction.
//!
//! What it leaves out: retransmissions (they move nothing), IP fragments and options of TCP's that change the stream.

use std::collections::BTreeMap;

/// A TLS record that the device sent (RFC 5246 §6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The instruction count when its first byte went to the controller.
    pub instructions: u64,
    /// The content type: 20 change_cipher_spec, 21 alert, 22 handshake, 23 application_data.
    pub content_type: u8,
    /// The type of the handshake message when the record is a handshake in the clear (1 client_hello), else its first byte.
    pub first_byte: u8,
    /// The length of its fragment.
    pub length: u16,
    /// The device's port, which tells connections apart.
    pub source: u16,
}

/// Where one TCP stream stands.
#[derive(Debug)]
struct Stream {
    /// The sequence number of the next byte.
    next: u32,
    /// Bytes of the current record that are still to come.
    left: usize,
    /// The bytes of a record header (and one more) that has not come whole.
    header: Vec<u8>,
    began: u64,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Marks {
    streams: BTreeMap<(u16, u16), Option<Stream>>,
    /// Every record, in order.
    pub records: Vec<Record>,
}

impl Marks {
    /// Looks at a frame that the device sent.
    pub fn see(&mut self, frame: &[u8], instructions: u64) {
        let Some(segment) = Segment::read(frame) else { return };
        let flow = (segment.source, segment.destination);
        if segment.syn {
            self.streams.insert(flow, None);
        }
        if segment.payload.is_empty() {
            return;
        }
        let Some(stream) = self.streams.get_mut(&flow) else { return };
        let stream = match stream {
            Some(stream) => stream,
            // A ClientHello is what makes a stream TLS.
            None if segment.payload.starts_with(&[22, 3]) => {
                stream.insert(Stream { next: segment.sequence, left: 0, header: Vec::new(), began: 0 })
            }
            None => return drop(self.streams.remove(&flow)),
        };
        let seen = stream.next.wrapping_sub(segment.sequence) as usize;
        let Some(bytes) = segment.payload.get(seen..).filter(|_| seen <= segment.payload.len()) else {
            return;
        };
        stream.next = stream.next.wrapping_add(bytes.len() as u32);
        stream.read(bytes, instructions, segment.source, &mut self.records);
    }
}

impl Stream {
    fn read(&mut self, mut bytes: &[u8], instructions: u64, source: u16, records: &mut Vec<Record>) {
        while let Some((first, rest)) = bytes.split_first() {
            if self.left > 0 {
                let skipped = self.left.min(bytes.len());
                self.left -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            if self.header.is_empty() {
                self.began = instructions;
            }
            self.header.push(*first);
            bytes = rest;
            if let [content_type, _, _, high, low, first_byte] = self.header[..] {
                let length = u16::from_be_bytes([high, low]);
                records.push(Record { instructions: self.began, content_type, first_byte, length, source });
                self.left = usize::from(length).saturating_sub(1);
                self.header.clear();
            }
        }
    }
}

/// A TCP segment in an IPv4 packet in an Ethernet frame.
struct Segment<'a> {
    source: u16,
    destination: u16,
    sequence: u32,
    syn: bool,
    payload: &'a [u8],
}

impl<'a> Segment<'a> {
    fn read(frame: &'a [u8]) -> Option<Self> {
        let half = |bytes: &[u8], at: usize| Some(u16::from_be_bytes(*bytes.get(at..at + 2)?.first_chunk()?));
        if half(frame, 12)? != 0x0800 {
            return None;
        }
        let packet = frame.get(14..)?;
        let packet = packet.get(..usize::from(half(packet, 2)?))?;
        if packet.get(9) != Some(&6) {
            return None;
        }
        let segment = packet.get(usize::from(packet.first()? & 0xF) * 4..)?;
        let sequence = u32::from_be_bytes(*segment.get(4..8)?.first_chunk()?);
        let payload = segment.get(usize::from(segment.get(12)? >> 4) * 4..)?;
        Some(Self {
            source: half(segment, 0)?,
            destination: half(segment, 2)?,
            sequence,
            syn: segment.get(13)? & 2 != 0,
            payload,
        })
    }
}
