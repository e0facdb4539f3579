//! The high-level codes of the modules next to TLS and X.509: keys, PEM, hashes and ciphers.

/// PEM armour.
pub mod pem {
    use crate::rows;

    rows! { "PEM";
        NO_HEADER_FOOTER_PRESENT = 0x1080, "No PEM header or footer found";
        INVALID_DATA = 0x1100, "PEM string is not as expected";
        ALLOC_FAILED = 0x1180, "Failed to allocate memory";
        INVALID_ENC_IV = 0x1200, "RSA IV is not in hex-format";
        UNKNOWN_ENC_ALG = 0x1280, "Unsupported key encryption algorithm";
        PASSWORD_REQUIRED = 0x1300, "Private key password can't be empty";
        PASSWORD_MISMATCH = 0x1380, "Given private key password does not allow for correct decryption";
        FEATURE_UNAVAILABLE = 0x1400, "Unavailable feature, e.g. hashing/encryption combination";
        BAD_INPUT_DATA = 0x1480, "Bad input parameters to function";
    }
}

/// Public and private keys of any kind.
pub mod pk {
    use crate::rows;

    rows! { "PK";
        HW_ACCEL_FAILED = 0x3880, "PK hardware accelerator failed";
        SIG_LEN_MISMATCH = 0x3900, "The buffer contains a valid signature followed by more data";
        FEATURE_UNAVAILABLE = 0x3980, "Unavailable feature, e.g. RSA disabled for RSA key";
        UNKNOWN_NAMED_CURVE = 0x3A00, "Elliptic curve is unsupported (only NIST curves are supported)";
        INVALID_ALG = 0x3A80, "The algorithm tag or value is invalid";
        INVALID_PUBKEY = 0x3B00, "The pubkey tag or value is invalid (only RSA and EC are supported)";
        PASSWORD_MISMATCH = 0x3B80, "Given private key password does not allow for correct decryption";
        PASSWORD_REQUIRED = 0x3C00, "Private key password can't be empty";
        UNKNOWN_PK_ALG = 0x3C80, "Key algorithm is unsupported (only RSA and EC are supported)";
        KEY_INVALID_FORMAT = 0x3D00, "Invalid key tag or value";
        KEY_INVALID_VERSION = 0x3D80, "Unsupported key version";
        FILE_IO_ERROR = 0x3E00, "Read/write of file failed";
        BAD_INPUT_DATA = 0x3E80, "Bad input parameters to function";
        TYPE_MISMATCH = 0x3F00, "Type mismatch, eg attempt to encrypt with an ECDSA key";
        ALLOC_FAILED = 0x3F80, "Memory allocation failed";
    }
}

/// RSA.
pub mod rsa {
    use crate::rows;

    rows! { "RSA";
        BAD_INPUT_DATA = 0x4080, "Bad input parameters to function";
        INVALID_PADDING = 0x4100, "Input data contains invalid padding and is rejected";
        KEY_GEN_FAILED = 0x4180, "Something failed during generation of a key";
        KEY_CHECK_FAILED = 0x4200, "Key failed to pass the validity check of the library";
        PUBLIC_FAILED = 0x4280, "The public key operation failed";
        PRIVATE_FAILED = 0x4300, "The private key operation failed";
        VERIFY_FAILED = 0x4380, "The PKCS#1 verification failed";
        OUTPUT_TOO_LARGE = 0x4400, "The output buffer for decryption is not large enough";
        RNG_FAILED = 0x4480, "The random generator failed to generate non-zeros";
        UNSUPPORTED_OPERATION = 0x4500, "The implementation does not offer the requested operation, for example, because of security violations or lack of functionality";
        HW_ACCEL_FAILED = 0x4580, "RSA hardware accelerator failed";
    }
}

/// Elliptic curves.
pub mod ecp {
    use crate::rows;

    rows! { "ECP";
        IN_PROGRESS = 0x4B00, "Operation in progress, call again with the same parameters to continue";
        HW_ACCEL_FAILED = 0x4B80, "The ECP hardware accelerator failed";
        SIG_LEN_MISMATCH = 0x4C00, "The buffer contains a valid signature followed by more data";
        INVALID_KEY = 0x4C80, "Invalid private or public key";
        RANDOM_FAILED = 0x4D00, "Generation of random value, such as ephemeral key, failed";
        ALLOC_FAILED = 0x4D80, "Memory allocation failed";
        VERIFY_FAILED = 0x4E00, "The signature is not valid";
        FEATURE_UNAVAILABLE = 0x4E80, "The requested feature is not available, for example, the requested curve is not supported";
        BUFFER_TOO_SMALL = 0x4F00, "The buffer is too small to write to";
        BAD_INPUT_DATA = 0x4F80, "Bad input parameters to function";
    }
}

/// Message digests.
pub mod md {
    use crate::rows;

    rows! { "MD";
        FEATURE_UNAVAILABLE = 0x5080, "The selected feature is not available";
        BAD_INPUT_DATA = 0x5100, "Bad input parameters to function";
        ALLOC_FAILED = 0x5180, "Failed to allocate memory";
        FILE_IO_ERROR = 0x5200, "Opening or reading of file failed";
        HW_ACCEL_FAILED = 0x5280, "MD hardware accelerator failed";
    }
}

/// Symmetric ciphers.
pub mod cipher {
    use crate::rows;

    rows! { "CIPHER";
        FEATURE_UNAVAILABLE = 0x6080, "The selected feature is not available";
        BAD_INPUT_DATA = 0x6100, "Bad input parameters";
        ALLOC_FAILED = 0x6180, "Failed to allocate memory";
        INVALID_PADDING = 0x6200, "Input data contains invalid padding and is rejected";
        FULL_BLOCK_EXPECTED = 0x6280, "Decryption of block requires a full block";
        AUTH_FAILED = 0x6300, "Authentication failed (for AEAD modes)";
        INVALID_CONTEXT = 0x6380, "The context is invalid. For example, because it was freed";
        HW_ACCEL_FAILED = 0x6400, "Cipher hardware accelerator failed";
    }
}
