//! Damage that a parser of DER must see through: whole elements are swapped, doubled, moved, nested and written otherwise, and the
//! lengths around them are right again, so that what is wrong lies deep inside.
//!
//! `mutation.rs` damages bytes; what it makes mostly fails at the next length. Both are tried.

use crate::mutation::Random;

/// An element and how it is written.
#[derive(Clone)]
pub(crate) struct Node {
    tag: u8,
    length: Length,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Bytes(Vec<u8>),
    /// What stands before them is the count of unused bits of a BIT STRING.
    Elements(Vec<u8>, Vec<Node>),
}

/// How a length is written.
#[derive(Clone, Copy)]
enum Length {
    Shortest,
    /// With so many bytes more than it needs (X.690 §10.1).
    Long(usize),
    /// Ended by two zero bytes (X.690 §8.1.3.6).
    Indefinite,
    /// Off by this much.
    Wrong(i8),
}

/// Reads elements to the end of the bytes; none at all where that does not come out even.
pub(crate) fn parse(mut der: &[u8]) -> Option<Vec<Node>> {
    let mut list = Vec::new();
    while let [tag, rest @ ..] = der {
        let (length, rest) = match rest {
            [short @ 0..=0x7F, rest @ ..] => (usize::from(*short), rest),
            [0x81, length, rest @ ..] => (usize::from(*length), rest),
            [0x82, high, low, rest @ ..] => (usize::from(*high) << 8 | usize::from(*low), rest),
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let skipped = usize::from(*tag == 3 && content.first() == Some(&0));
        // Extensions and keys hide elements in strings.
        let may_hold = tag & 0x20 != 0 || *tag == 4 || skipped == 1;
        let inner = if may_hold { parse(&content[skipped..]) } else { None };
        let content = match inner {
            Some(inner) if !inner.is_empty() => Content::Elements(content[..skipped].to_vec(), inner),
            _ => Content::Bytes(content.to_vec()),
        };
        list.push(Node { tag: *tag, length: Length::Shortest, content });
        der = rest;
    }
    Some(list)
}

fn encode(list: &[Node]) -> Vec<u8> {
    list.iter().flat_map(Node::encode).collect()
}

impl Node {
    fn encode(&self) -> Vec<u8> {
        let content = match &self.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Elements(before, list) => [before.as_slice(), &encode(list)].concat(),
        };
        let mut out = vec![self.tag];
        match self.length {
            Length::Shortest => out.extend(header(content.len(), 0)),
            Length::Long(more) => out.extend(header(content.len(), more)),
            Length::Wrong(by) => out.extend(header(content.len().saturating_add_signed(by.into()), 0)),
            Length::Indefinite => {
                out.push(0x80);
                out.extend(&content);
                out.extend([0, 0]);
                return out;
            }
        }
        out.extend(&content);
        out
    }

    /// This one and those inside.
    fn count(&self) -> usize {
        match &self.content {
            Content::Bytes(_) => 1,
            Content::Elements(_, list) => 1 + list.iter().map(Self::count).sum::<usize>(),
        }
    }

    fn leaf(tag: u8, content: &[u8]) -> Self {
        Self { tag, length: Length::Shortest, content: Content::Bytes(content.to_vec()) }
    }
}

/// A length's bytes, with `more` than are needed.
fn header(length: usize, more: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    let needed = bytes.iter().skip_while(|byte| **byte == 0).count();
    if more == 0 && length < 0x80 {
        return vec![bytes[7]];
    }
    let count = needed.max(1) + if length < 0x80 { more - 1 } else { more };
    let mut out = vec![0x80 | u8::try_from(count).unwrap()];
    out.resize(1 + count - needed.max(1), 0);
    out.extend(&bytes[8 - needed.max(1)..]);
    out
}

/// The element with this number, counted as they stand.
fn nth(list: &mut [Node], mut number: usize) -> Option<&mut Node> {
    for node in list {
        let count = node.count();
        if number == 0 {
            return Some(node);
        }
        if number < count {
            let Content::Elements(_, inner) = &mut node.content else { return None };
            return nth(inner, number - 1);
        }
        number -= count;
    }
    None
}

/// Damages DER in one to three places; bytes that are no elements stay as they are.
pub(crate) fn mutate(der: &[u8], random: &mut Random) -> Vec<u8> {
    let Some(mut list) = parse(der) else { return der.to_vec() };
    for _ in 0..=random.below(3) {
        let count = list.iter().map(Node::count).sum();
        let donor = nth(&mut list, random.below(count)).cloned();
        let at = random.below(count);
        let Some(node) = nth(&mut list, at) else { continue };
        match &mut node.content {
            Content::Elements(_, inner) if random.below(2) == 0 => rearrange(inner, donor, random),
            _ => rewrite(node, donor, random),
        }
    }
    encode(&list)
}

/// Elements swapped, doubled, left out, turned round, and one more from elsewhere.
fn rearrange(list: &mut Vec<Node>, donor: Option<Node>, random: &mut Random) {
    let (first, second) = (random.below(list.len()), random.below(list.len()));
    match random.below(6) {
        _ if list.is_empty() => {}
        0 => list.swap(first, second),
        1 => list.insert(second, list[first].clone()),
        2 => drop(list.remove(first)),
        3 => list.reverse(),
        4 => list.insert(first, Node::leaf(TAGS[random.below(TAGS.len())], &[])),
        _ => list.extend(donor),
    }
}

/// One element written otherwise, or another in its place.
fn rewrite(node: &mut Node, donor: Option<Node>, random: &mut Random) {
    match random.below(9) {
        0 => node.length = Length::Long(1 + random.below(4)),
        1 => node.length = Length::Indefinite,
        2 => node.length = Length::Wrong([-1, 1, -2, 2, 127, -128][random.below(6)]),
        3 => node.tag = TAGS[random.below(TAGS.len())],
        4 => node.content = Content::Bytes(Vec::new()),
        5 => {
            let inner = std::mem::replace(node, Node::leaf(5, &[]));
            *node = nested(inner, 1 + random.below(40));
        }
        6 => *node = donor.unwrap_or_else(|| Node::leaf(5, &[0])),
        _ => value(node, random),
    }
}

fn nested(inner: Node, depth: usize) -> Node {
    (0..depth).fold(inner, |inner, _| Node {
        tag: 0x30,
        length: Length::Shortest,
        content: Content::Elements(Vec::new(), vec![inner]),
    })
}

/// Another value of the same type, and for a name or a time of another type.
fn value(node: &mut Node, random: &mut Random) {
    let Content::Bytes(bytes) = &mut node.content else { return };
    match node.tag {
        0x01 => *bytes = [&[0][..], &[1], &[0x7F], &[], &[0xFF, 0xFF], &[0, 0xFF]][random.below(6)].to_vec(),
        0x02 => match random.below(5) {
            0 => bytes.insert(0, 0),
            1 => bytes.insert(0, 0xFF),
            2 => *bytes = vec![0; random.below(30)],
            3 => *bytes = vec![0x7F; 1 + random.below(30)],
            _ => bytes[..].first_mut().into_iter().for_each(|first| *first ^= 0x80),
        },
        0x06 => match random.below(4) {
            0 => bytes.insert(0, 0x80),
            1 => bytes.last_mut().into_iter().for_each(|last| *last |= 0x80),
            2 => *bytes = vec![0xFF; 1 + random.below(12)],
            _ => *bytes = IDENTIFIERS[random.below(IDENTIFIERS.len())].to_vec(),
        },
        0x17 | 0x18 => {
            node.tag = [0x17, 0x18][random.below(2)];
            *bytes = TIMES[random.below(TIMES.len())].to_vec();
        }
        0x03 => bytes.first_mut().into_iter().for_each(|unused| *unused = [1, 7, 8, 255][random.below(4)]),
        _ => {
            node.tag = STRINGS[random.below(STRINGS.len())];
            *bytes = TEXTS[random.below(TEXTS.len())].to_vec();
        }
    }
}

const TAGS: [u8; 24] = [
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x09, 0x0A, 0x0C, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1E, 0x24,
    0x30, 0x31, 0x80, 0x82, 0xA0, 0xA1, 0xA3,
];

/// Numeric, printable, teletex, videotex, IA5, graphic, visible, general, universal, BMP and UTF-8 strings; names of other kinds.
const STRINGS: [u8; 15] =
    [0x0C, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1A, 0x1B, 0x1C, 0x1E, 0x81, 0x82, 0x86, 0x87];

const TEXTS: [&[u8]; 12] = [
    b"",
    b"localhost",
    b"LOCALHOST\0.example",
    b"*.example",
    b" leading and trailing ",
    b"\x00l\x00o\x00c\x00a\x00l",
    b"\x00\x00\x00l\x00\x00\x00o",
    b"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x92",
    b"\xC3\x28\xFF\xFE",
    b"line\nend\r\x1B[31m",
    b"\x7F\x00\x00\x01",
    &[b'x'; 300],
];

const TIMES: [&[u8]; 20] = [
    b"200101000000Z",
    b"20200101000000Z",
    b"491231235959Z",
    b"500101000000Z",
    b"20500101000000Z",
    b"99991231235959Z",
    b"00000101000000Z",
    b"000000000000Z",
    b"200230000000Z",
    b"20210229000000Z",
    b"20240229000000Z",
    b"201301000000Z",
    b"200101240000Z",
    b"200101006000Z",
    b"200101000060Z",
    b"2001010000Z",
    b"200101000000+0100",
    b"20200101000000.5Z",
    b"200101000000",
    b"2001010000-1Z",
];

/// Algorithms, curves, attributes and extensions, and one of nobody.
const IDENTIFIERS: [&[u8]; 14] = [
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 5],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10],
    &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 13],
    &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1],
    &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7],
    &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2],
    &[0x2B, 0x81, 4, 0, 0x22],
    &[0x55, 4, 3],
    &[0x55, 0x1D, 15],
    &[0x55, 0x1D, 17],
    &[0x55, 0x1D, 19],
    &[0x55, 0x1D, 37],
    &[0x2A, 3, 4],
];

/// The same elements with every length in its shortest form: what a reader makes of them that does not mind (X.690 §10.1). It is the
/// fault that the comparison with Mbed TLS must find.
pub(crate) fn forgiving(der: &[u8]) -> Vec<u8> {
    read_forgivingly(der).map_or_else(|| der.to_vec(), |(list, _)| encode(&list))
}

/// Elements up to the end of the bytes or to two zero bytes, and what follows.
fn read_forgivingly(mut der: &[u8]) -> Option<(Vec<Node>, &[u8])> {
    let mut list = Vec::new();
    while let [tag, first, rest @ ..] = der {
        if [*tag, *first] == [0, 0] {
            return Some((list, rest));
        }
        let count = usize::from(first & 0x7F);
        let (length, rest) = match first {
            0..=0x7F => (usize::from(*first), rest),
            0x80 => {
                let (inner, rest) = read_forgivingly(rest)?;
                list.push(Node {
                    tag: *tag,
                    length: Length::Shortest,
                    content: Content::Elements(Vec::new(), inner),
                });
                der = rest;
                continue;
            }
            _ if count <= 8 => {
                let (length, rest) = rest.split_at_checked(count)?;
                let length = length.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
                (usize::try_from(length).ok()?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let inner = if tag & 0x20 == 0 { None } else { read_forgivingly(content) };
        let content = match inner {
            Some((inner, [])) => Content::Elements(Vec::new(), inner),
            _ => Content::Bytes(content.to_vec()),
        };
        list.push(Node { tag: *tag, length: Length::Shortest, content });
        der = rest;
    }
    der.is_empty().then_some((list, der))
}

#[test]
fn elements_that_nobody_damages_stay_as_they_are() {
    for (name, pem) in crate::corpus::files("certificates") {
        let text = String::from_utf8_lossy(&pem).into_owned();
        let Some(der) = tests::pki::strip_armour("CERTIFICATE", &text) else { continue };
        if let Some(list) = parse(&der) {
            assert_eq!(encode(&list), der, "{name}");
        }
    }
    assert_eq!(forgiving(&[0x30, 0x83, 0, 0, 4, 0x02, 0x81, 1, 7]), [0x30, 3, 2, 1, 7]);
    assert_eq!(forgiving(&[0x30, 0x80, 2, 1, 7, 0, 0]), [0x30, 3, 2, 1, 7]);
    assert_eq!(header(5, 1), [0x81, 5]);
    assert_eq!(header(5, 3), [0x83, 0, 0, 5]);
    assert_eq!(header(0, 1), [0x81, 0]);
    assert_eq!(header(200, 1), [0x82, 0, 200]);
    assert_eq!(header(256, 0), [0x82, 1, 0]);
}
