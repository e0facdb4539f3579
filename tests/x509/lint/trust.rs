//! An error is what a connection would fail on, and nothing else: random files of few certificates, held against real verification, by
//! this project's verifier and by Mbed TLS.
//!
//! The seed is printed; `X509_SEED` replays one, `X509_MUTATIONS` says how many scenarios there are (times 100).

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use accel::soft::Soft;
use status::Flags;
use tests::{
    entropy::InsecureSeeded,
    oracle,
    pki::{Template, algorithm, armour, element, openssl, plain_name, strip_armour},
};
use x509::{
    Bundle, Certificate, Context, KeyUsage, Outcome, Policy, PrivateKey, PublicKey, Purpose, Time, Verifier,
    lint::{Decoded, File, Finding, Problem, Request, Role, Severity, Trust, WORKSPACE, check_decoded},
};

use crate::{
    corpus::{self, Maker, NOW, basic_constraints, key_path, key_usage, public_key, time},
    mutation::Random,
};

/// Certificates by name: the corpus's, and those of [`more`].
struct Pool(BTreeMap<String, Vec<u8>>);

/// What the servers' files begin with.
const SERVERS: &str = "leaf leaf leaf leaf-by-intermediate leaf-by-intermediate leaf-by-intermediate leaf-by-second leaf-by-second \
                       leaf-by-other leaf-by-1024 leaf-by-intermediate-1024 leaf-by-intermediate-p256 leaf-by-same-name \
                       leaf-expired leaf-future leaf-1024 leaf-md5 leaf-sha1 leaf-no-key-encipherment leaf-client \
                       leaf-self-signed self-signed-ca self-signed-expired leaf-bad-signature leaf-p256-by-rsa leaf-p256 \
                       name-wildcard leaf-4096 leaf-by-deep-9 leaf-by-new-root leaf-by-768 leaf-by-5120 leaf-by-secp256k1";
/// What clients' files begin with.
const CLIENTS: &str = "client client client-by-intermediate client-by-intermediate leaf-no-purpose client-expired leaf \
                       usage-zero leaf-1024 version-1 leaf-p256 leaf-md5";
/// What follows in either.
const MIDDLE: &str = "intermediate intermediate intermediate intermediate-any-length intermediate-expired intermediate-future \
                      intermediate-not-ca intermediate-no-cert-sign intermediate-other-key intermediate-1024 intermediate-md5 \
                      intermediate-p256 intermediate-by-other second second root root-expired root-rollover root-by-other \
                      new-root-by-old root-other leaf leaf-expired leaf-p256 deep-9 intermediate-no-constraints \
                      key-secp256k1 algorithm-ed25519 key-ed25519 key-explicit-curve algorithm-pss der-cut root-secp256k1";
/// What a CA file has.
const ANCHORS: &str = "root root root root root-expired root-future root-v1 root-not-ca root-1024 root-same-name root-other \
                       root-rollover root-renewed root-no-cert-sign root-4096 root-p256 root-printable root-md5 new-root \
                       intermediate intermediate-expired intermediate-not-ca intermediate-by-other second leaf \
                       leaf-self-signed self-signed-ca self-signed-expired leaf-expired deep-8 root-secp256k1 root-768 root-5120";

/// What works, if nothing stands in its way: the own certificate, what stands between, an anchor.
const GOOD_SERVERS: [(&str, &str, &str); 8] = [
    ("leaf", "", "root"),
    ("leaf-by-intermediate", "intermediate", "root"),
    ("leaf-by-intermediate", "intermediate-by-other", "root-other"),
    ("leaf-by-second", "second intermediate-any-length", "root"),
    ("leaf-by-new-root", "new-root-by-old", "root"),
    ("leaf-by-new-root", "new-root-by-old", "new-root"),
    ("leaf", "root-by-other", "root-other"),
    ("self-signed-ca", "", "self-signed-ca"),
];
const GOOD_CLIENTS: [(&str, &str, &str); 4] = [
    ("client", "", "root"),
    ("client-by-intermediate", "intermediate", "root"),
    ("client-by-intermediate", "intermediate-by-other", "root-other"),
    ("leaf-no-purpose", "root-by-other", "root-other"),
];

/// Certificates that the corpus does not have: renewed and cross-signed authorities, clients of their own.
fn more(pool: &mut BTreeMap<String, Vec<u8>>) {
    let maker = Maker::new();
    let mut add = |name: &str, template: &Template, key: &str, change: &dyn Fn(&mut Template)| {
        let mut template = template.clone();
        change(&mut template);
        pool.insert(name.to_owned(), template.sign(&key_path(key)));
    };
    let intermediate = |t: &mut Template| {
        (t.subject, t.public_key) = (plain_name("Intermediate"), public_key("intermediate"));
    };
    add("root-renewed", &maker.ca, "ca", &|t| t.validity = [time("290101000000Z"), time("490101000000Z")]);
    add("root-no-cert-sign", &maker.ca, "ca", &|t| t.extensions[1] = key_usage(&[0x02]));
    add("root-md5", &maker.ca, "ca", &|t| {
        (t.algorithm, t.hash) = (algorithm("1.2.840.113549.1.1.4", true), "-md5");
    });
    // As Let's Encrypt's: one key, the name below itself and below an older authority, which may have expired since.
    add("root-by-other", &maker.ca, "other", &|t| t.issuer = plain_name("Other"));
    add("intermediate-by-other", &maker.ca, "other", &|t| {
        intermediate(t);
        t.issuer = plain_name("Other");
    });
    add("root-other-expired", &maker.ca, "other", &|t| {
        (t.issuer, t.subject, t.public_key) = (plain_name("Other"), plain_name("Other"), public_key("other"));
        t.validity[1] = time("250101000000Z");
    });
    add("new-root", &maker.ca, "rsa-3072", &|t| {
        (t.issuer, t.subject, t.public_key) = (plain_name("New"), plain_name("New"), public_key("rsa-3072"));
    });
    add("new-root-by-old", &maker.ca, "ca", &|t| {
        (t.subject, t.public_key) = (plain_name("New"), public_key("rsa-3072"));
    });
    add("leaf-by-new-root", &maker.leaf, "rsa-3072", &|t| t.issuer = plain_name("New"));
    // What `openssl req -x509` makes for a server, with and without a key usage that forgets what it is.
    add("self-signed-ca", &maker.leaf, "leaf", &|t| {
        t.issuer = plain_name("localhost");
        t.extensions.push(basic_constraints(true, None));
    });
    add("self-signed-expired", &maker.leaf, "leaf", &|t| {
        t.issuer = plain_name("localhost");
        t.validity[1] = time("250101000000Z");
    });
    let client =
        |t: &mut Template| t.extensions = vec![key_usage(&[0x80]), corpus::purposes(&[corpus::CLIENT])];
    add("client", &maker.leaf, "ca", &client);
    add("client-expired", &maker.leaf, "ca", &|t| {
        client(t);
        t.validity[1] = time("250101000000Z");
    });
    add("client-by-intermediate", &maker.leaf, "intermediate", &|t| {
        client(t);
        t.issuer = plain_name("Intermediate");
    });
}

impl Pool {
    fn new() -> Self {
        let mut pool = BTreeMap::new();
        for name in [SERVERS, CLIENTS, MIDDLE, ANCHORS].iter().flat_map(|list| list.split_whitespace()) {
            if corpus::folder().join("certificates").join(format!("{name}.pem")).exists() {
                pool.insert(name.to_owned(), corpus::der(name));
            }
        }
        more(&mut pool);
        Self(pool)
    }

    fn pem(&self, names: &[&str]) -> Vec<u8> {
        names.iter().flat_map(|name| armour("CERTIFICATE", &self.0[*name]).into_bytes()).collect()
    }
}

/// Files, and what they are for.
#[derive(Debug)]
struct Scenario {
    chain: Vec<&'static str>,
    anchors: Vec<&'static str>,
    /// What stands in the CA file beside its certificates.
    beside: &'static str,
    role: Role,
    host: &'static str,
    now: u64,
    policy: Policy,
}

/// Now for most; before and after everything, and where only some certificates are valid.
const TIMES: [u64; 5] = [1_500_000_000, 1_700_000_000, 2_240_000_000, 2_500_000_000, NOW];

/// A block that cannot be read, and text.
const BESIDE: [&str; 3] = [
    "",
    "-----BEGIN CERTIFICATE-----\nMIIBdamaged\n-----END CERTIFICATE-----\n",
    "# Let's trust these.\n-----BEGIN TRUSTED CERTIFICATE-----\nMAA=\n-----END TRUSTED CERTIFICATE-----\n",
];

impl Scenario {
    fn random(random: &mut Random, role: Role) -> Self {
        let mut chain = vec![Self::one_of(if role == Role::Server { SERVERS } else { CLIENTS }, random)];
        let mut anchors = vec![Self::one_of(ANCHORS, random)];
        for _ in 0..random.below(5) {
            chain.push(Self::one_of(MIDDLE, random));
        }
        for _ in 0..random.below(4) {
            anchors.push(Self::one_of(ANCHORS, random));
        }
        // Half of them have what a good one has, somewhere.
        if random.below(2) == 0 {
            let good = if role == Role::Server { &GOOD_SERVERS[..] } else { &GOOD_CLIENTS };
            let (own, middle, anchor) = good[random.below(good.len())];
            chain[0] = own;
            for name in middle.split_whitespace() {
                chain.insert(1 + random.below(chain.len()), name);
            }
            anchors.insert(random.below(anchors.len() + 1), anchor);
        }
        // The server's own certificate among the trusted ones.
        if random.below(12) == 0 {
            anchors.push(chain[0]);
        }
        Self {
            chain,
            anchors,
            beside: BESIDE[random.below(12).min(9).saturating_sub(7)],
            role,
            host: if random.below(8) == 0 { "elsewhere.example" } else { "localhost" },
            now: TIMES[random.below(12).min(TIMES.len() - 1)],
            policy: Policy { md5: random.below(4) == 0, ..Policy::default() },
        }
    }

    /// Without what cannot be read at all.
    fn readable(&self, pool: &Pool) -> Self {
        let mut readable = Self::of(self);
        readable.chain.retain(|name| Certificate::from_der(&pool.0[*name]).is_ok());
        readable
    }

    fn of(other: &Self) -> Self {
        Self { chain: other.chain.clone(), anchors: other.anchors.clone(), ..*other }
    }

    fn one_of(list: &'static str, random: &mut Random) -> &'static str {
        let names: Vec<&str> = list.split_whitespace().collect();
        names[random.below(names.len())]
    }

    fn authority(&self, pool: &Pool) -> Vec<u8> {
        [self.beside.as_bytes(), &pool.pem(&self.anchors)].concat()
    }

    fn findings(&self, pool: &Pool) -> Vec<Finding> {
        findings(&self.authority(pool), &pool.pem(&self.chain), &[], self)
    }

    /// The certificates that a client takes: what it does not know, it passes over. Nothing where it stops instead.
    fn message<'p>(&self, pool: &'p Pool) -> Option<Vec<&'p [u8]>> {
        let mut message: Vec<&[u8]> = Vec::new();
        for name in &self.chain {
            match Certificate::from_der(&pool.0[*name]) {
                Ok(certificate) => message.push(certificate.der()),
                Err(error) if Certificate::is_unknown(error) && !message.is_empty() => {}
                Err(_) => return None,
            }
        }
        Some(message)
    }

    /// What the verifier says, as in a handshake.
    fn ours(&self, pool: &Pool) -> Option<Outcome> {
        let authority = self.authority(pool);
        let mut storage = vec![0; x509::der_length(authority.len())];
        let anchors = Bundle::from_long_pem(&authority, &mut storage).unwrap();
        let context = Context {
            anchors: Some(anchors),
            policy: self.policy,
            now: Time::from_unix(self.now),
            host: Some(self.host),
        };
        let (mut verifier, mut workspace, mut job) = (Verifier::new(), [0; WORKSPACE], None);
        let mut accel = Soft::new(InsecureSeeded::new(0));
        for der in self.message(pool)? {
            let certificate = Certificate::from_der(der).unwrap();
            nb::block!(verifier.push(&certificate, &context, &mut accel, &mut workspace, &mut job)).ok()?;
        }
        Some(verifier.finish())
    }

    /// What Mbed TLS says of them.
    fn theirs(&self, pool: &Pool) -> Option<Flags> {
        let message = self.message(pool)?;
        let authority = self.authority(pool);
        let verified = oracle::verify(&message, Some(&authority), Some(self.host), self.now, self.policy.md5);
        assert!(verified.result == 0 || verified.flags != 0, "{verified:?}: {self:?}");
        Some(Flags::from_bits(verified.flags))
    }
}

/// What the lint says of texts of any length.
fn findings(authority: &[u8], certificate: &[u8], key: &[u8], scenario: &Scenario) -> Vec<Finding> {
    fn given(text: &[u8]) -> Option<&[u8]> {
        (!text.is_empty()).then_some(text)
    }
    let request = Request {
        authority: given(authority),
        certificate: given(certificate),
        key: given(key),
        role: scenario.role,
        host: (scenario.role == Role::Server).then_some(scenario.host),
        now: Some(Time::from_unix(scenario.now)),
        policy: scenario.policy,
    };
    let mut storage = [authority, certificate, key].map(|text| vec![0; x509::der_length(text.len())]);
    let [first, second, third] = &mut storage;
    let files = Decoded {
        authority: request.authority.map(|text| Bundle::from_long_pem(text, first)).into(),
        certificate: request.certificate.map(|text| Bundle::from_long_pem(text, second)).into(),
        key: request.key.map(|text| PrivateKey::from_long_pem(text, third)).into(),
    };
    let (mut accel, mut workspace) = (Soft::new(InsecureSeeded::new(0)), [0; WORKSPACE]);
    let mut trust = Trust::new(&files, &request);
    let Ok(verdict) = nb::block!(trust.step(&mut accel, &mut workspace));
    let found = RefCell::new(Vec::new());
    check_decoded(&files, &request, verdict, |finding| found.borrow_mut().push(finding));
    found.into_inner()
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

#[test]
fn a_servers_files_have_errors_exactly_where_the_handshake_fails() {
    let pool = Pool::new();
    let mut random = Random::from_environment();
    println!("X509_SEED={}", random.seed());
    let (mut works, mut fails, mut warned) = (0, 0, 0);
    let mut seen = BTreeSet::new();
    for _ in 0..random.count() * 100 {
        let scenario = Scenario::random(&mut random, Role::Server);
        let (ours, theirs) = (scenario.ours(&pool), scenario.theirs(&pool));
        let leaf = Certificate::from_der(&pool.0[scenario.chain[0]]).unwrap();
        // All suites need RSA, whatever the chain is worth.
        let is_rsa = matches!(leaf.public_key(), PublicKey::Rsa(_));
        let will_fail = !is_rsa || ours.is_none_or(|outcome| !outcome.flags.is_empty());
        let is_good = |flags: Flags| flags.is_empty();
        // A key of 5120 bits is beyond the arithmetic here (docs/parity.md).
        if scenario.chain[0] != "leaf-by-5120" {
            assert_eq!(ours.map(|outcome| is_good(outcome.flags)), theirs.map(is_good), "{scenario:?}");
        }
        let found = scenario.findings(&pool);
        let seed = random.seed();
        assert_eq!(
            found.iter().any(is_error),
            will_fail,
            "X509_SEED={seed} {scenario:?}: {found:?} {theirs:?}"
        );
        if will_fail {
            fails += 1;
        } else {
            works += 1;
            warned += i32::from(!found.is_empty());
        }
        seen.extend(found.iter().map(|finding| format!("{:?} {:?}", finding.severity, finding.problem)));
    }
    println!("{works} work, {warned} of them with warnings; {fails} fail; {} kinds of findings", seen.len());
    assert!(works * 5 > fails && warned * 4 > works, "{works} work, {warned} with warnings, {fails} fail");
    assert!(seen.len() > 25, "{seen:?}");
}

/// What was seen: files that work, with something beside that nothing needs.
#[test]
fn what_the_path_does_not_need_is_at_most_a_warning() {
    use File::{Authority, Certificate};
    let pool = Pool::new();
    let old = Problem::Expired(Time::from_unix(1_735_689_600));
    let early = Problem::NotYetValid(Time::from_unix(2_208_988_800));
    let long = "leaf-by-second second intermediate-any-length root root-by-other root-other";
    for (role, chain, anchors, beside, expected) in [
        (Role::Server, "leaf", "root-expired root-renewed", 0, vec![(Authority, 1, old)]),
        (Role::Server, "leaf", "root root-expired", 0, vec![(Authority, 2, old)]),
        (Role::Server, "leaf", "root-future root", 0, vec![(Authority, 1, early)]),
        (Role::Server, "leaf", "root root-1024", 0, vec![(Authority, 2, Problem::WeakKey(1024))]),
        (Role::Server, "leaf", "root leaf", 0, vec![(Authority, 2, Problem::NotAnAuthority)]),
        (Role::Server, "leaf", "root", 1, vec![(Authority, 0, Problem::SomeUnreadable(1))]),
        (
            Role::Server,
            "leaf-by-intermediate intermediate-expired intermediate",
            "root",
            0,
            vec![(Certificate, 2, old)],
        ),
        (
            Role::Server,
            "leaf root-expired root-1024",
            "root",
            0,
            vec![(Certificate, 2, old), (Certificate, 3, Problem::WeakKey(1024))],
        ),
        // Let's Encrypt's: the root below itself and below one that has expired.
        (
            Role::Server,
            "leaf-by-intermediate intermediate root-by-other",
            "root-other-expired root",
            0,
            vec![(Authority, 1, old)],
        ),
        (Role::Server, long, "root", 0, vec![]),
        (Role::Client, "client leaf-expired", "root", 0, vec![(Certificate, 2, old)]),
        (Role::Client, "client intermediate-1024", "root", 0, vec![(Certificate, 2, Problem::WeakKey(1024))]),
    ] {
        let scenario = Scenario {
            chain: chain.split(' ').collect(),
            anchors: anchors.split(' ').collect(),
            beside: BESIDE[beside],
            role,
            host: "localhost",
            now: NOW,
            policy: Policy::default(),
        };
        let mut found = scenario.findings(&pool);
        found.retain(|finding| finding.problem != Problem::NoKey);
        let warning =
            |(file, number, problem)| Finding { severity: Severity::Warning, file, number, problem };
        assert_eq!(found, expected.into_iter().map(warning).collect::<Vec<_>>(), "{scenario:?}");
        if role == Role::Server {
            assert_eq!(scenario.theirs(&pool), Some(Flags::NONE), "{scenario:?}");
        }
    }
    let names: Vec<&str> = long.split(' ').collect();
    assert!(pool.pem(&names).len() > x509::MAX_FILE_LENGTH, "longer than a device's file");
}

/// What a server asks a client's certificate for, by Mbed TLS; nothing where it is content.
fn servers_complaint(scenario: &Scenario, pool: &Pool) -> Option<Flags> {
    let leaf = Certificate::from_der(&pool.0[scenario.chain[0]]).unwrap();
    // The oracle asks for a server's usages and for its name.
    let not_asked = Flags::KEY_USAGE.or(Flags::EXTENDED_KEY_USAGE).or(Flags::CN_MISMATCH);
    let mut flags = Flags::from_bits(scenario.theirs(pool)?.bits() & !not_asked.bits());
    if !leaf.allows_usage(KeyUsage::DIGITAL_SIGNATURE) {
        flags |= Flags::KEY_USAGE;
    }
    if !leaf.allows_purpose(Purpose::Client) {
        flags |= Flags::EXTENDED_KEY_USAGE;
    }
    if !matches!(leaf.public_key(), PublicKey::Rsa(_)) {
        flags |= Flags::BAD_PK;
    }
    Some(flags)
}

/// The CA file is the one of the client's server here, as in a network of one's own. It need not be, so that what does not lead there is
/// only warned of.
#[test]
fn a_clients_files_have_no_error_where_the_handshake_works_and_are_not_silent_where_it_fails() {
    let pool = Pool::new();
    let mut random = Random::from_environment();
    println!("X509_SEED={}", random.seed());
    let (mut works, mut fails, mut errors) = (0, 0, 0);
    for _ in 0..random.count() * 50 {
        let scenario = Scenario::random(&mut random, Role::Client);
        // A client sends no certificate of its file that it cannot read.
        let complaint = servers_complaint(&scenario.readable(&pool), &pool).unwrap();
        let mut found = scenario.findings(&pool);
        found.retain(|finding| finding.problem != Problem::NoKey);
        let context = format!("X509_SEED={} {scenario:?}: {found:?} {complaint:?}", random.seed());
        if complaint.is_empty() {
            works += 1;
            assert!(!found.iter().any(is_error), "{context}");
        } else {
            fails += 1;
            assert!(!found.is_empty(), "{context}");
            errors += i32::from(found.iter().any(is_error));
        }
        // What only the own certificate can be blamed for is an error.
        let own = Flags::KEY_USAGE.or(Flags::EXTENDED_KEY_USAGE).or(Flags::BAD_PK);
        let is_blamed =
            |finding: &Finding| is_error(finding) && (finding.file, finding.number) == (File::Certificate, 1);
        assert!(!complaint.intersects(own) || found.iter().any(is_blamed), "{context}");
    }
    println!("{works} work, {fails} fail, {errors} of them with errors");
    assert!(works * 5 > fails && errors * 3 > fails, "{works} work, {fails} fail, {errors} with errors");
}

/// A CA file alone: an error where no server can be verified with it at all.
#[test]
fn a_ca_file_alone_has_errors_only_where_nothing_can_be_verified_with_it() {
    let pool = Pool::new();
    let mut random = Random::from_environment();
    println!("X509_SEED={}", random.seed());
    let (mut good, mut bad) = (0, 0);
    for _ in 0..random.count() * 2 {
        let mut scenario = Scenario::random(&mut random, Role::Server);
        scenario.anchors.truncate(1 + random.below(2));
        let text = scenario.authority(&pool);
        scenario.role = Role::Client;
        let found = findings(&text, &[], &[], &scenario);
        if !found.iter().any(is_error) {
            good += 1;
            continue;
        }
        bad += 1;
        for (own, middle, _) in GOOD_SERVERS {
            scenario.chain = std::iter::once(own).chain(middle.split_whitespace()).collect();
            assert!(
                scenario.theirs(&pool).is_some_and(|flags| !flags.is_empty()),
                "X509_SEED={} {scenario:?}: {found:?}",
                random.seed()
            );
        }
    }
    println!("{good} good, {bad} bad");
    assert!(good > 0 && bad > 0);
}

/// The parts of an RSA key in their order (RFC 8017 §A.1.2).
fn parts(pem: &[u8]) -> Vec<Vec<u8>> {
    let der = strip_armour("RSA PRIVATE KEY", std::str::from_utf8(pem).unwrap()).unwrap();
    let (mut rest, mut parts) = (&der[4..], Vec::new());
    while let [2, tail @ ..] = rest {
        let (length, tail) = match tail {
            [0x82, high, low, tail @ ..] => (usize::from(*high) << 8 | usize::from(*low), tail),
            [0x81, length, tail @ ..] => (usize::from(*length), tail),
            [length, tail @ ..] => (usize::from(*length), tail),
            [] => panic!("a length"),
        };
        parts.push(tail[..length].to_vec());
        rest = &tail[length..];
    }
    assert_eq!(parts.len(), 9);
    parts
}

fn joined(parts: &[Vec<u8>]) -> Vec<u8> {
    let elements: Vec<Vec<u8>> = parts.iter().map(|part| element(2, part)).collect();
    armour("RSA PRIVATE KEY", &element(0x30, &elements.concat())).into_bytes()
}

const PARTS: [&str; 9] = ["version", "n", "e", "d", "p", "q", "dp", "dq", "qinv"];

/// What a signature is made with: a key that was damaged in any of these parts does not sign.
#[test]
fn a_key_whose_parts_do_not_belong_together_is_found() {
    let pool = Pool::new();
    let mut random = Random::from_environment();
    println!("X509_SEED={}", random.seed());
    let client = Scenario {
        chain: vec!["client"],
        anchors: vec!["root"],
        beside: "",
        role: Role::Client,
        host: "",
        now: NOW,
        policy: Policy::default(),
    };
    let certificate = pool.pem(&client.chain);
    let good = corpus::files("keys")["pkcs1"].clone();
    let whole = parts(&good);
    assert_eq!(joined(&whole), good, "the key is taken apart as it is");
    assert_eq!(findings(&[], &certificate, &good, &client), []);
    for (index, part) in PARTS.iter().enumerate().filter(|(_, part)| !["version", "d"].contains(part)) {
        for _ in 0..8 {
            let mut damaged = whole.clone();
            let at = random.below(damaged[index].len());
            // Neither its sign nor its length, and what is odd stays odd: the parser would see that.
            damaged[index][at] ^= if at < 2 { 1 } else { 2 << random.below(7) };
            let key = joined(&damaged);
            if at == 0 && damaged[index][1] >= 0x80 {
                continue;
            }
            let found = findings(&[], &certificate, &key, &client);
            let seed = random.seed();
            assert!(
                found.iter().any(|f| f.file == File::Key && is_error(f)),
                "X509_SEED={seed} {part} {at}: {found:?}"
            );
            // With the server's role only the public half is sure to matter: OpenSSL can do without the rest.
            let server = Scenario { role: Role::Server, host: "localhost", ..Scenario::of(&client) };
            let found = findings(&[], &certificate, &key, &server);
            assert!(found.iter().any(|f| f.file == File::Key), "X509_SEED={seed} {part} {at}: {found:?}");
        }
    }
    // The primes exchanged, with the coefficient of before; those of another key.
    let mut exchanged = whole.clone();
    exchanged.swap(4, 5);
    exchanged.swap(6, 7);
    let other =
        parts(&openssl(&["rsa", "-traditional", "-in", &key_path("other").display().to_string()], &[]));
    let mut mixed = whole.clone();
    mixed[4..].clone_from_slice(&other[4..]);
    for key in [exchanged, mixed] {
        let found = findings(&[], &certificate, &joined(&key), &client);
        let expected =
            Finding { severity: Severity::Error, file: File::Key, number: 0, problem: Problem::KeyDamaged };
        assert_eq!(found, [expected]);
    }
    // Nothing here signs with the private exponent, so that nothing fails.
    let mut exponent = whole;
    exponent[3][20] ^= 2;
    assert_eq!(findings(&[], &certificate, &joined(&exponent), &client), []);
}
