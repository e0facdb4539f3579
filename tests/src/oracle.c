/*
 * The bridge to Mbed TLS 2.28: plain functions over bytes, so that no structure of the library is known to the tests.
 * The library's clock is replaced by the moment that a test passes.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#if MBEDTLS_VERSION_NUMBER < 0x021C0000 || MBEDTLS_VERSION_NUMBER >= 0x02200000
#error "the differential tests need Mbed TLS 2.28: `cargo xtask test` installs it"
#endif

static __thread time_t now;

/* Takes the place of the C library's function for the statically linked library. */
time_t time(time_t *out)
{
    if (out != NULL) {
        *out = now;
    }
    return now;
}

void oracle_set_time(int64_t at)
{
    now = (time_t) at;
}

void oracle_version(char *out)
{
    mbedtls_version_get_string(out);
}

/* Parses a text with its final NUL and writes the descriptions of all certificates, one after the other. */
int oracle_certificates(const unsigned char *text, size_t size, char *out, size_t out_size, size_t *used,
                        int *count)
{
    mbedtls_x509_crt chain;
    int result;

    mbedtls_x509_crt_init(&chain);
    *count = 0;
    *used = 0;
    result = mbedtls_x509_crt_parse(&chain, text, size);
    if (result >= 0) {
        for (const mbedtls_x509_crt *crt = &chain; crt != NULL && crt->raw.p != NULL; crt = crt->next) {
            int written = mbedtls_x509_crt_info(out + *used, out_size - *used, "", crt);
            if (written < 0) {
                *used += (size_t) snprintf(out + *used, out_size - *used, "<-0x%04X>\n", -written);
            } else {
                *used += (size_t) written;
            }
            *count += 1;
        }
    }
    mbedtls_x509_crt_free(&chain);
    return result;
}

/* Random numbers that hide a key: any will do for a test. */
static int blinding(void *state, unsigned char *out, size_t size)
{
    static unsigned char next = 1;

    (void) state;
    for (size_t i = 0; i < size; i++) {
        out[i] = next = (unsigned char) (next * 5 + 3);
    }
    return 0;
}

int oracle_key(const unsigned char *text, size_t size, int *is_rsa, size_t *bits)
{
    mbedtls_pk_context key;
    int result;

    mbedtls_pk_init(&key);
    result = mbedtls_pk_parse_key(&key, text, size, NULL, 0);
    *is_rsa = result == 0 && mbedtls_pk_get_type(&key) == MBEDTLS_PK_RSA;
    *bits = result == 0 ? mbedtls_pk_get_bitlen(&key) : 0;
    mbedtls_pk_free(&key);
    return result;
}

/* What signing 32 bytes as a digest of SHA-256 returns, with a key that the library has parsed. */
int oracle_key_signs(const unsigned char *text, size_t size)
{
    static const unsigned char digest[32] = { 7 };
    unsigned char signature[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    mbedtls_pk_context key;
    size_t length;
    int result;

    mbedtls_pk_init(&key);
    result = mbedtls_pk_parse_key(&key, text, size, NULL, 0);
    if (result == 0) {
        result = mbedtls_pk_sign(&key, MBEDTLS_MD_SHA256, digest, sizeof digest, signature, &length, blinding, NULL);
    }
    mbedtls_pk_free(&key);
    return result;
}

/*
 * Verifies the chain of a message, certificates given as length (4 bytes, big-endian) and DER, with the device's profile,
 * and asks for the usages that a TLS client asks a server's certificate for with RSA key exchange.
 */
int oracle_verify(const unsigned char *chain_bytes, size_t chain_size, const unsigned char *anchors, size_t anchors_size,
                  const char *host, int64_t at, int allow_md5, uint32_t *flags)
{
    const mbedtls_x509_crt_profile profile = {
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA224)
            | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384)
            | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512) | (allow_md5 ? MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_MD5) : 0),
        0xFFFFFFF,
        MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1)
            | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
        2048,
    };
    mbedtls_x509_crt chain, trusted;
    int result = 0;

    oracle_set_time(at);
    mbedtls_x509_crt_init(&chain);
    mbedtls_x509_crt_init(&trusted);
    *flags = 0;
    while (result == 0 && chain_size > 4) {
        size_t length = (size_t) chain_bytes[0] << 24 | chain_bytes[1] << 16 | chain_bytes[2] << 8 | chain_bytes[3];
        result = mbedtls_x509_crt_parse_der(&chain, chain_bytes + 4, length);
        chain_bytes += 4 + length;
        chain_size -= 4 + length;
    }
    if (result == 0 && anchors_size > 0) {
        int failed = mbedtls_x509_crt_parse(&trusted, anchors, anchors_size);
        result = failed < 0 ? failed : 0;
    }
    if (result == 0) {
        result = mbedtls_x509_crt_verify_with_profile(&chain, &trusted, NULL, &profile, host, flags, NULL, NULL);
        if (result == 0 || result == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
            if (mbedtls_x509_crt_check_key_usage(&chain, MBEDTLS_X509_KU_KEY_ENCIPHERMENT) != 0) {
                *flags |= MBEDTLS_X509_BADCERT_KEY_USAGE;
            }
            if (mbedtls_x509_crt_check_extended_key_usage(&chain, MBEDTLS_OID_SERVER_AUTH,
                                                          MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0) {
                *flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
            }
        }
    }
    mbedtls_x509_crt_free(&chain);
    mbedtls_x509_crt_free(&trusted);
    return result;
}

void oracle_strerror(int code, char *out, size_t out_size)
{
    mbedtls_strerror(code, out, out_size);
}

int oracle_flags_text(char *out, size_t out_size, uint32_t flags)
{
    return mbedtls_x509_crt_verify_info(out, out_size, "", flags);
}
