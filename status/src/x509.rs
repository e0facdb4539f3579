//! The codes of certificates: the application note's second table, row by row and in its order.

use crate::rows;

rows! { "X509";
    FEATURE_UNAVAILABLE = 0x2080, "Unavailable feature, e.g. RSA hashing/encryption combination";
    UNKNOWN_OID = 0x2100, "Requested OID is unknown";
    INVALID_FORMAT = 0x2180, "The CRT/CRL/CSR format is invalid, e.g. different type expected";
    INVALID_VERSION = 0x2200, "The CRT/CRL/CSR version element is invalid";
    INVALID_SERIAL = 0x2280, "The serial tag or value is invalid";
    INVALID_ALG = 0x2300, "The algorithm tag or value is invalid";
    INVALID_NAME = 0x2380, "The name tag or value is invalid";
    INVALID_DATE = 0x2400, "The date tag or value is invalid";
    INVALID_SIGNATURE = 0x2480, "The signature tag or value invalid";
    INVALID_EXTENSIONS = 0x2500, "The extension tag or value is invalid";
    UNKNOWN_VERSION = 0x2580, "CRT/CRL/CSR has an unsupported version number";
    UNKNOWN_SIG_ALG = 0x2600, "Signature algorithm (oid) is unsupported";
    SIG_MISMATCH = 0x2680, "Signature algorithms do not match. (see \\c ::mbedtls_x509_crt sig_oid)";
    CERT_VERIFY_FAILED = 0x2700, "Certificate verification failed, e.g. CRL, CA or signature check failed";
    CERT_UNKNOWN_FORMAT = 0x2780, "Format not recognized as DER or PEM";
    BAD_INPUT_DATA = 0x2800, "Input invalid";
    ALLOC_FAILED = 0x2880, "Allocation of memory failed";
    FILE_IO_ERROR = 0x2900, "Read/write of file failed";
    BUFFER_TOO_SMALL = 0x2980, "Destination buffer is too small";
    FATAL_ERROR = 0x3000, "A fatal error occurred, eg the chain is too long or the vrfy callback failed";
}
