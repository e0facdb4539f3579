//! The low-level codes, -0x0001 to -0x007F: the part that is added to a high-level code as its cause.

/// Codes of no particular module.
pub mod error {
    use crate::rows;

    rows! { "ERROR";
        GENERIC_ERROR = 0x0001, "Generic error";
        CORRUPTION_DETECTED = 0x006E, "This is a bug in the library";
    }
}

/// Multi-precision integers (Mbed TLS prints them as `BIGNUM`).
pub mod mpi {
    use crate::rows;

    rows! { "BIGNUM";
        FILE_IO_ERROR = 0x0002, "An error occurred while reading from or writing to a file";
        BAD_INPUT_DATA = 0x0004, "Bad input parameters to function";
        INVALID_CHARACTER = 0x0006, "There is an invalid character in the digit string";
        BUFFER_TOO_SMALL = 0x0008, "The buffer is too small to write to";
        NEGATIVE_VALUE = 0x000A, "The input arguments are negative or result in illegal output";
        DIVISION_BY_ZERO = 0x000C, "The input argument for division is zero, which is not allowed";
        NOT_ACCEPTABLE = 0x000E, "The input arguments are not acceptable";
        ALLOC_FAILED = 0x0010, "Memory allocation failed";
    }
}

/// Object identifiers.
pub mod oid {
    use crate::rows;

    rows! { "OID";
        BUF_TOO_SMALL = 0x000B, "output buffer is too small";
        NOT_FOUND = 0x002E, "OID is not found";
    }
}

/// CCM authenticated encryption.
pub mod ccm {
    use crate::rows;

    rows! { "CCM";
        BAD_INPUT = 0x000D, "Bad input parameters to the function";
        AUTH_FAILED = 0x000F, "Authenticated decryption failed";
        HW_ACCEL_FAILED = 0x0011, "CCM hardware accelerator failed";
    }
}

/// GCM authenticated encryption.
pub mod gcm {
    use crate::rows;

    rows! { "GCM";
        AUTH_FAILED = 0x0012, "Authenticated decryption failed";
        HW_ACCEL_FAILED = 0x0013, "GCM hardware accelerator failed";
        BAD_INPUT = 0x0014, "Bad input parameters to function";
    }
}

/// The AES block cipher.
pub mod aes {
    use crate::rows;

    rows! { "AES";
        INVALID_KEY_LENGTH = 0x0020, "Invalid key length";
        BAD_INPUT_DATA = 0x0021, "Invalid input data";
        INVALID_INPUT_LENGTH = 0x0022, "Invalid data input length";
        FEATURE_UNAVAILABLE = 0x0023, "Feature not available. For example, an unsupported AES key size";
        HW_ACCEL_FAILED = 0x0025, "AES hardware accelerator failed";
    }
}

/// Base64 text.
pub mod base64 {
    use crate::rows;

    rows! { "BASE64";
        BUFFER_TOO_SMALL = 0x002A, "Output buffer too small";
        INVALID_CHARACTER = 0x002C, "Invalid character in input";
    }
}

/// The MD5 hash.
pub mod md5 {
    use crate::rows;

    rows! { "MD5";
        HW_ACCEL_FAILED = 0x002F, "MD5 hardware accelerator failed";
    }
}

/// The SHA-1 hash.
pub mod sha1 {
    use crate::rows;

    rows! { "SHA1";
        HW_ACCEL_FAILED = 0x0035, "SHA-1 hardware accelerator failed";
        BAD_INPUT_DATA = 0x0073, "SHA-1 input data was malformed";
    }
}

/// The SHA-224 and SHA-256 hashes.
pub mod sha256 {
    use crate::rows;

    rows! { "SHA256";
        HW_ACCEL_FAILED = 0x0037, "SHA-256 hardware accelerator failed";
        BAD_INPUT_DATA = 0x0074, "SHA-256 input data was malformed";
    }
}

/// The SHA-384 and SHA-512 hashes.
pub mod sha512 {
    use crate::rows;

    rows! { "SHA512";
        HW_ACCEL_FAILED = 0x0039, "SHA-512 hardware accelerator failed";
        BAD_INPUT_DATA = 0x0075, "SHA-512 input data was malformed";
    }
}

/// The deterministic random bit generator.
pub mod ctr_drbg {
    use crate::rows;

    rows! { "CTR_DRBG";
        ENTROPY_SOURCE_FAILED = 0x0034, "The entropy source failed";
        REQUEST_TOO_BIG = 0x0036, "The requested random buffer length is too big";
        INPUT_TOO_BIG = 0x0038, "The input (entropy + additional data) is too large";
        FILE_IO_ERROR = 0x003A, "Read or write error in file";
    }
}

/// The HMAC variant of the generator; kept for its numbers.
pub mod hmac_drbg {
    use crate::rows;

    rows! { "HMAC_DRBG";
        REQUEST_TOO_BIG = 0x0003, "Too many random requested in single call";
        INPUT_TOO_BIG = 0x0005, "Input too large (Entropy + additional)";
        FILE_IO_ERROR = 0x0007, "Read/write error in file";
        ENTROPY_SOURCE_FAILED = 0x0009, "The entropy source failed";
    }
}

/// Sources of entropy.
pub mod entropy {
    use crate::rows;

    rows! { "ENTROPY";
        SOURCE_FAILED = 0x003C, "Critical entropy source failure";
        NO_STRONG_SOURCE = 0x003D, "No strong sources have been added to poll";
        MAX_SOURCES = 0x003E, "No more sources can be added";
        FILE_IO_ERROR = 0x003F, "Read/write error in file";
        NO_SOURCES_DEFINED = 0x0040, "No sources have been added to poll";
    }
}

/// Sockets.
pub mod net {
    use crate::rows;

    rows! { "NET";
        SOCKET_FAILED = 0x0042, "Failed to open a socket";
        BUFFER_TOO_SMALL = 0x0043, "Buffer is too small to hold the data";
        CONNECT_FAILED = 0x0044, "The connection to the given server / port failed";
        INVALID_CONTEXT = 0x0045, "The context is invalid, eg because it was free()ed";
        BIND_FAILED = 0x0046, "Binding of the socket failed";
        POLL_FAILED = 0x0047, "Polling the net context failed";
        LISTEN_FAILED = 0x0048, "Could not listen on the socket";
        BAD_INPUT_DATA = 0x0049, "Input invalid";
        ACCEPT_FAILED = 0x004A, "Could not accept the incoming connection";
        RECV_FAILED = 0x004C, "Reading information from the socket failed";
        SEND_FAILED = 0x004E, "Sending information through the socket failed";
        CONN_RESET = 0x0050, "Connection was reset by peer";
        UNKNOWN_HOST = 0x0052, "Failed to get an IP address for the given hostname";
    }
}

/// ASN.1 DER.
pub mod asn1 {
    use crate::rows;

    rows! { "ASN1";
        OUT_OF_DATA = 0x0060, "Out of data when parsing an ASN1 data structure";
        UNEXPECTED_TAG = 0x0062, "ASN1 tag was of an unexpected value";
        INVALID_LENGTH = 0x0064, "Error when trying to determine the length or invalid length";
        LENGTH_MISMATCH = 0x0066, "Actual length differs from expected length";
        INVALID_DATA = 0x0068, "Data is invalid";
        ALLOC_FAILED = 0x006A, "Memory allocation failed";
        BUF_TOO_SMALL = 0x006C, "Buffer too small when writing ASN.1 data structure";
    }
}

/// The platform underneath.
pub mod platform {
    use crate::rows;

    rows! { "PLATFORM";
        HW_ACCEL_FAILED = 0x0070, "Hardware accelerator failed";
        FEATURE_UNSUPPORTED = 0x0072, "The requested feature is not supported by the platform";
    }
}
