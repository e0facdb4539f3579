//! Chains whose certificates are all signed, and wrong in what is signed: authorities that are none, paths that are too long, names in
//! other letters, times, usages, purposes, hashes; in any order, with others between. Held against the real library.
//!
//! `verify.rs` damages certificates, whose signatures are then wrong; here they are right, so that the rest is looked at.

use rsa::{Pkcs1v15Sign, PrivateKey, pkcs1::DecodeRsaPrivateKey, pkcs8::DecodePrivateKey};
use sha2::Digest;
use status::Flags;
use tests::pki::{Template, algorithm, armour, element, extension, name, strip_armour};
use x509::{Certificate, Policy, Time};

use crate::{
    corpus::{
        Maker, NOW, alternative_names, basic_constraints, files, key_usage, public_key, purposes, time,
    },
    mutation::Random,
    verify::Chain,
};

/// Authorities: the name, and the file of the key.
const AUTHORITIES: [(&str, &str); 5] = [
    ("Root", "ca"),
    ("Other", "other"),
    ("Intermediate", "intermediate"),
    ("Second", "rsa-3072"),
    ("Short", "rsa-1024"),
];

/// A certificate, and what is needed to choose it for a chain.
struct Issued {
    subject: usize,
    issuer: usize,
    der: Vec<u8>,
}

/// The subject of a server's certificate.
const SERVER: usize = AUTHORITIES.len();

struct Issuer {
    keys: Vec<PrivateKey>,
    public: Vec<Vec<u8>>,
    maker: Maker,
}

impl Issuer {
    fn new() -> Self {
        let keys = files("keys");
        let read = |name: &str| {
            let text = String::from_utf8(keys[name].clone()).unwrap();
            let der = ["PRIVATE KEY", "RSA PRIVATE KEY"]
                .iter()
                .find_map(|label| strip_armour(label, &text))
                .unwrap();
            PrivateKey::from_pkcs8_der(&der).or_else(|_| PrivateKey::from_pkcs1_der(&der)).unwrap()
        };
        Self {
            keys: AUTHORITIES.iter().map(|(_, key)| read(key)).collect(),
            public: AUTHORITIES.iter().map(|(_, key)| public_key(key)).collect(),
            maker: Maker::new(),
        }
    }

    /// A certificate of an authority or of a server, with at most a few things wrong.
    fn issue(&self, subject: usize, random: &mut Random) -> Issued {
        let mut rarely = |times: usize| random.below(times) == 0;
        let is_self_signed = subject != SERVER && rarely(3);
        let (other_key, other_signer, damaged) = (rarely(12), rarely(12), rarely(20));
        let (other_validity, other_usage, other_constraints) = (rarely(5), rarely(5), rarely(3));
        let (other_hash, other_name, is_old, is_doubled) = (rarely(4), rarely(6), rarely(12), rarely(30));
        let issuer = if is_self_signed { subject } else { random.below(AUTHORITIES.len()) };
        let mut template = if subject == SERVER { self.maker.leaf.clone() } else { self.maker.ca.clone() };
        if subject != SERVER {
            let key = if other_key { random.below(self.public.len()) } else { subject };
            template.subject =
                written(AUTHORITIES[subject].0, if other_name { random.below(WRITTEN) } else { 0 });
            template.public_key = self.public[key].clone();
            template.extensions = vec![basic_constraints(true, None), key_usage(&[0x06])];
        }
        template.issuer = written(AUTHORITIES[issuer].0, if other_name { random.below(WRITTEN) } else { 0 });
        if other_validity {
            let moments =
                ["200101000000Z", "250101000000Z", "300101000000Z", "460101000000Z", "20300101000000Z"];
            template.validity = [time(moments[random.below(5)]), time(moments[random.below(5)])];
        }
        if other_constraints && subject != SERVER {
            let lengths = [None, Some(0), Some(0), Some(1), Some(2), Some(255)];
            // A length without the boolean before it is read otherwise (docs/parity.md, `integer-for-ca`).
            let is_authority = random.below(6) != 0;
            let length = lengths[random.below(6)].filter(|_| is_authority);
            template.extensions[0] = basic_constraints(is_authority, length);
        }
        if other_usage {
            let bits = [
                &[0x06][..],
                &[0x04],
                &[0x02],
                &[0xA0],
                &[0x80],
                &[0x20],
                &[0],
                &[0xFF, 0x80],
                &[0x07, 0x80],
            ];
            let at = if subject == SERVER { 0 } else { 1 };
            template.extensions[at] = key_usage(bits[random.below(bits.len())]);
        }
        if random.below(6) == 0 {
            let lists: [&[&str]; 4] = [&[SERVER_AUTH], &[CLIENT_AUTH], &[ANY], &["1.2.3.4"]];
            let list = purposes(lists[random.below(4)]);
            if subject == SERVER { template.extensions[1] = list } else { template.extensions.push(list) }
        }
        if subject == SERVER && random.below(5) == 0 {
            let names: [&[(u8, &[u8])]; 6] = [
                &[(0x82, b"elsewhere.example")],
                &[(0x82, b"*.example"), (0x82, b"LocalHost")],
                &[(0x82, b"localhost.")],
                &[(0x81, b"localhost"), (0x86, b"localhost")],
                &[(0x87, &[127, 0, 0, 2])],
                &[(0x82, b""), (0x82, b"localhost")],
            ];
            template.extensions[2] = alternative_names(names[random.below(6)]);
        }
        if is_doubled {
            template.extensions.push(template.extensions[random.below(template.extensions.len())].clone());
        }
        if random.below(30) == 0 {
            template.extensions.push(extension("1.2.3.4", random.below(2) == 0, b"anything"));
        }
        if is_old {
            (template.version, template.extensions) = (0, Vec::new());
        }
        let hash = if other_hash { random.below(HASHES.len()) } else { 2 };
        template.algorithm = algorithm(HASHES[hash], true);
        let signer = &self.keys[if other_signer { random.below(self.keys.len()) } else { issuer }];
        let mut der = signed(&template, hash, signer);
        if damaged {
            der.last_mut().into_iter().for_each(|last| *last ^= 1);
        }
        Issued { subject, issuer, der }
    }
}

const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const ANY: &str = "2.5.29.37.0";

/// RSA with MD5, SHA-1, SHA-256, SHA-384, SHA-512, SHA-224.
const HASHES: [&str; 6] = [
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.113549.1.1.11",
    "1.2.840.113549.1.1.12",
    "1.2.840.113549.1.1.13",
    "1.2.840.113549.1.1.14",
];

fn signed(template: &Template, hash: usize, key: &PrivateKey) -> Vec<u8> {
    // RFC 8017 §9.2: the DigestInfo is written out, since one of these hashes is not to be had as the crate wants it.
    template.sign_with(|bytes| {
        let (prefix, digest): (&[u8], Vec<u8>) = match hash {
            0 => (
                &[0x30, 0x20, 0x30, 0x0C, 6, 8, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 2, 5, 5, 0, 4, 16],
                md5(bytes),
            ),
            1 => (
                &[0x30, 0x21, 0x30, 9, 6, 5, 0x2B, 0x0E, 3, 2, 0x1A, 5, 0, 4, 20],
                sha1::Sha1::digest(bytes).to_vec(),
            ),
            2 => (&prefix(1, 32), sha2::Sha256::digest(bytes).to_vec()),
            3 => (&prefix(2, 48), sha2::Sha384::digest(bytes).to_vec()),
            4 => (&prefix(3, 64), sha2::Sha512::digest(bytes).to_vec()),
            _ => (&prefix(4, 28), sha2::Sha224::digest(bytes).to_vec()),
        };
        key.sign(Pkcs1v15Sign::new_unprefixed(), &[prefix, &digest].concat()).unwrap()
    })
}

/// The beginning of a DigestInfo with a hash of SHA-2.
const fn prefix(arc: u8, length: u8) -> [u8; 19] {
    [0x30, 17 + length, 0x30, 0x0D, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, arc, 5, 0, 4, length]
}

fn md5(bytes: &[u8]) -> Vec<u8> {
    tests::pki::openssl(&["dgst", "-md5", "-binary"], bytes)
}

/// How many ways a name is written in.
const WRITTEN: usize = 5;

/// A name in UTF-8, in printable letters, in other letters, in IA5 letters, and one that only looks like it.
fn written(common_name: &str, how: usize) -> Vec<u8> {
    let upper = common_name.to_uppercase();
    let (tag, text, organization) = match how {
        0 => (0x0C, common_name, "Test"),
        1 => (0x13, common_name, "Test"),
        2 => (0x13, upper.as_str(), "tEST"),
        3 => (0x16, common_name, "Test"),
        _ => (0x0C, common_name, "Test "),
    };
    name(&[("2.5.4.3", tag, text.as_bytes()), ("2.5.4.10", tag, organization.as_bytes())])
}

/// A chain as servers send them and as they should not.
fn chain(pool: &[Issued], random: &mut Random) -> Chain {
    let of = |subject: usize, random: &mut Random| {
        let list: Vec<&Issued> = pool.iter().filter(|issued| issued.subject == subject).collect();
        list[random.below(list.len())]
    };
    let mut message = vec![of(SERVER, random)];
    let mut anchors = Vec::new();
    for _ in 0..random.below(6) {
        let last = message[message.len() - 1];
        let subject = if random.below(6) == 0 { random.below(AUTHORITIES.len()) } else { last.issuer };
        message.push(of(subject, random));
    }
    // A device's file has room for two of most.
    for _ in 0..=random.below(2) {
        let last = message[random.below(message.len())];
        let subject = if random.below(8) == 0 { random.below(AUTHORITIES.len()) } else { last.issuer };
        anchors.push(of(subject, random));
    }
    Chain {
        message: message.iter().map(|issued| issued.der.clone()).collect(),
        anchors: anchors.iter().flat_map(|issued| armour("CERTIFICATE", &issued.der).into_bytes()).collect(),
        host: [Some("localhost"), Some("localhost"), Some("a.example"), Some("LOCALHOST"), None]
            [random.below(5)],
        now: [NOW, NOW, NOW, 1_600_000_000, 2_500_000_000][random.below(5)],
        policy: Policy { md5: random.below(4) == 0, ..Policy::default() },
    }
}

#[test]
fn signed_chains() {
    let mut random = Random::from_environment();
    println!("X509_SEED={}", random.seed());
    let issuer = Issuer::new();
    let count = random.count() * 40;
    let pool: Vec<Issued> = (0..150 + count / 50)
        .map(|number| issuer.issue(if number % 4 == 0 { SERVER } else { number % 5 }, &mut random))
        .collect();
    let (mut trusted, mut refused, mut unreadable, mut bounded, mut nested, mut caught) = (0, 0, 0, 0, 0, 0);
    for _ in 0..count {
        let chain = chain(&pool, &mut random);
        let (ours, theirs) = (chain.ours(), chain.theirs());
        let context = || {
            format!("X509_SEED={}: {ours:?}, {theirs:?}, {chain}", random.seed(), chain = describe(&chain))
        };
        match ours {
            // One certificate is kept aside, and not two (docs/parity.md, `nested-validity`); nobody trusts such a chain.
            Ok(outcome) if outside_validity(&chain) > 1 && outcome.flags.bits() != theirs.flags => {
                assert!(!outcome.flags.is_empty() && theirs.flags & OUTSIDE != 0, "{}", context());
                nested += 1;
            }
            Ok(outcome) => {
                let flags = outcome.flags.bits();
                let agrees = |flags: u32| flags == theirs.flags;
                assert!(agrees(flags), "{}", context());
                // The planted fault: a verifier that does not look at what a signature is by.
                caught += u32::from(!agrees(flags & !Flags::NOT_TRUSTED.bits()));
                if flags == 0 { trusted += 1 } else { refused += 1 }
            }
            // So many signatures are not checked (docs/parity.md); nobody trusts such a chain.
            Err(status::x509::FATAL_ERROR) => {
                assert!(theirs.result != 0 || theirs.flags != 0, "{}", context());
                bounded += 1;
            }
            Err(error) => {
                // The library reads the anchors last.
                let first = chain.message.iter().find_map(|der| Certificate::from_der(der).err());
                assert_eq!(first.unwrap_or(error).code(), theirs.result, "{}", context());
                unreadable += 1;
            }
        }
    }
    println!(
        "{trusted} trusted, {refused} refused, {unreadable} unreadable, {bounded} with too many signatures, {nested} nested"
    );
    assert!(nested * 100 < count, "{nested} nested");
    assert!(trusted * 30 > count && refused * 4 > count, "the chains are too much alike");
    assert!(caught > 0, "the control was not found");
    println!("counted: {count} signed chains");
    println!("control found: signed chains, a verifier that trusts every signer");
}

/// Flags of a certificate outside its validity.
const OUTSIDE: u32 = Flags::EXPIRED.bits() | Flags::FUTURE.bits();

/// How many certificates behind the server's own are outside their validity.
fn outside_validity(chain: &Chain) -> usize {
    let now = Time::from_unix(chain.now);
    let is_outside = |der: &&Vec<u8>| {
        Certificate::from_der(der).is_ok_and(|found| now < found.not_before() || found.not_after() < now)
    };
    chain.message.iter().skip(1).filter(is_outside).count()
}

/// PEM, for the commands that show certificates.
fn describe(chain: &Chain) -> String {
    let message: String = chain.message.iter().map(|der| armour("CERTIFICATE", der)).collect();
    let anchors = String::from_utf8_lossy(&chain.anchors);
    format!("{:?} at {}, policy md5 {}\n{message}anchors\n{anchors}", chain.host, chain.now, chain.policy.md5)
}

/// A name of two attributes, with its elements as they are on the wire.
#[test]
fn a_name_is_written_as_it_says() {
    assert_eq!(written("Root", 0), tests::pki::plain_name("Root"));
    assert!(written("Root", 3).windows(6).any(|part| part == element(0x16, b"Root")));
}
