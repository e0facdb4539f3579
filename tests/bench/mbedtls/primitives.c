/* Mbed TLS's primitives, in instructions. "cold" is a fresh context, "warm" the same one again (R^2 and blinding are kept). */
#include <string.h>

#include "support.h"
#include "files.h"
#include "mbedtls/aes.h"
#include "mbedtls/ccm.h"
#include "mbedtls/cipher.h"
#include "mbedtls/ecdsa.h"
#include "mbedtls/gcm.h"
#include "mbedtls/md.h"
#include "mbedtls/pk.h"
#include "mbedtls/rsa.h"
#include "mbedtls/ssl.h"

static unsigned char data[17 * 1024], out[17 * 1024];

static void check(const char *what, int code) {
    if (code != 0) board_fail(what, code);
}

#define MEASURE(what, code, result)                          \
    do {                                                     \
        uint64_t start = board_instructions();               \
        check(what, code);                                   \
        result = board_instructions() - start;               \
    } while (0)

static const char *join(const char *a, const char *b, const char *c) {
    static char name[80];
    strcpy(name, a);
    strcat(name, b);
    return strcat(name, c);
}

/* What a device reads before its first connection. */
static void load(void) {
    mbedtls_x509_crt ca, chain;
    mbedtls_pk_context key;
    mbedtls_x509_crt_init(&ca);
    mbedtls_x509_crt_init(&chain);
    mbedtls_pk_init(&key);
    uint64_t start = board_instructions();
    check("ca", mbedtls_x509_crt_parse(&ca, ca_pem, ca_pem_length));
    check("chain", mbedtls_x509_crt_parse(&chain, client_2048_pem, client_2048_pem_length));
    check("key", mbedtls_pk_parse_key(&key, client_2048_key, client_2048_key_length, NULL, 0));
    board_row("CA, certificate and key of 2048 bits from PEM", board_instructions() - start);
    mbedtls_x509_crt_free(&ca);
    mbedtls_x509_crt_free(&chain);
    mbedtls_pk_free(&key);
}

static void rsa(const char *bits, const unsigned char *pem, size_t length, int sign) {
    mbedtls_pk_context key;
    mbedtls_rsa_context public_key;
    unsigned char hash[32], signature[512];
    uint64_t cold, warm;
    memset(hash, 7, sizeof hash);
    mbedtls_pk_init(&key);
    check("parse", mbedtls_pk_parse_key(&key, pem, length, NULL, 0));
    mbedtls_rsa_context *private_key = mbedtls_pk_rsa(key);
#define SIGN mbedtls_rsa_pkcs1_sign(private_key, board_random, NULL, MBEDTLS_RSA_PRIVATE, MBEDTLS_MD_SHA256, 32, hash, signature)
    MEASURE("sign", SIGN, cold);
    MEASURE("sign", SIGN, warm);
    if (sign) {
        board_row(join("RSA-", bits, " sign, cold"), cold);
        board_row(join("RSA-", bits, " sign, warm"), warm);
    }
    mbedtls_rsa_init(&public_key, MBEDTLS_RSA_PKCS_V15, 0);
    check("copy", mbedtls_mpi_copy(&public_key.N, &private_key->N));
    check("copy", mbedtls_mpi_copy(&public_key.E, &private_key->E));
    public_key.len = private_key->len;
#define VERIFY mbedtls_rsa_pkcs1_verify(&public_key, NULL, NULL, MBEDTLS_RSA_PUBLIC, MBEDTLS_MD_SHA256, 32, hash, signature)
    MEASURE("verify", VERIFY, cold);
    MEASURE("verify", VERIFY, warm);
    board_row(join("RSA-", bits, " verify, cold"), cold);
    board_row(join("RSA-", bits, " verify, warm"), warm);
    mbedtls_mpi_free(&public_key.RN);
#define ENCRYPT mbedtls_rsa_pkcs1_encrypt(&public_key, board_random, NULL, MBEDTLS_RSA_PUBLIC, 48, data, out)
    MEASURE("encrypt", ENCRYPT, cold);
    MEASURE("encrypt", ENCRYPT, warm);
    board_row(join("RSA-", bits, " encrypt, cold"), cold);
    board_row(join("RSA-", bits, " encrypt, warm"), warm);
    mbedtls_rsa_free(&public_key);
    mbedtls_pk_free(&key);
}

static void ecdsa(const char *name, mbedtls_ecp_group_id curve, mbedtls_md_type_t md) {
    mbedtls_ecdsa_context key, public_key;
    unsigned char hash[64], signature[MBEDTLS_ECDSA_MAX_LEN];
    size_t length, hash_length = mbedtls_md_get_size(mbedtls_md_info_from_type(md));
    uint64_t cost;
    memset(hash, 7, sizeof hash);
    mbedtls_ecdsa_init(&key);
    check("genkey", mbedtls_ecdsa_genkey(&key, curve, board_random, NULL));
    check("sign", mbedtls_ecdsa_write_signature(&key, md, hash, hash_length, signature, &length, board_random, NULL));
    /* A context of its own: the signer's keeps a table of the generator's multiples. */
    mbedtls_ecdsa_init(&public_key);
    check("group", mbedtls_ecp_group_load(&public_key.grp, curve));
    check("copy", mbedtls_ecp_copy(&public_key.Q, &key.Q));
    MEASURE("verify", mbedtls_ecdsa_read_signature(&public_key, hash, hash_length, signature, length), cost);
    mbedtls_ecdsa_free(&public_key);
    board_row(join("ECDSA ", name, " verify"), cost);
    mbedtls_ecdsa_free(&key);
}

/* The cost of one more KiB: 16 KiB less 1 KiB, by fifteen. */
#define PER_KIB(name, call)                                  \
    do {                                                     \
        uint64_t one, sixteen;                               \
        size_t length = 1024;                                \
        MEASURE(name, call, one);                            \
        length = 16 * 1024;                                  \
        MEASURE(name, call, sixteen);                        \
        board_row(name, (sixteen - one) / 15);               \
    } while (0)

static void hashes(void) {
    static const struct { const char *name; mbedtls_md_type_t type; } all[] = {
        {"MD5", MBEDTLS_MD_MD5}, {"SHA-1", MBEDTLS_MD_SHA1}, {"SHA-256", MBEDTLS_MD_SHA256}, {"SHA-384", MBEDTLS_MD_SHA384}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const mbedtls_md_info_t *md = mbedtls_md_info_from_type(all[i].type);
        PER_KIB(join(all[i].name, " per KiB", ""), mbedtls_md(md, data, length, out));
    }
    PER_KIB("HMAC-SHA-256 per KiB", mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), data, 32, data, length, out));
}

static void prf(void) {
    uint64_t cost;
    static const struct { const char *name; mbedtls_tls_prf_types type; size_t seed; } all[] = {
        {"SHA-256", MBEDTLS_SSL_TLS_PRF_SHA256, 32}, {"SHA-384", MBEDTLS_SSL_TLS_PRF_SHA384, 48}};
    for (size_t i = 0; i < 2; i++) {
        MEASURE("prf", mbedtls_ssl_tls_prf(all[i].type, data, 48, "extended master secret", data, all[i].seed, out, 48), cost);
        board_row(join("PRF ", all[i].name, " master secret"), cost);
        MEASURE("prf", mbedtls_ssl_tls_prf(all[i].type, data, 48, "key expansion", data, 64, out, 72), cost);
        board_row(join("PRF ", all[i].name, " key block, 72 bytes"), cost);
        MEASURE("prf", mbedtls_ssl_tls_prf(all[i].type, data, 48, "client finished", data, all[i].seed, out, 12), cost);
        board_row(join("PRF ", all[i].name, " finished"), cost);
    }
}

static void aes(const char *name, unsigned bits) {
    unsigned char iv[16], tag[16];
    mbedtls_aes_context block;
    mbedtls_gcm_context gcm;
    mbedtls_ccm_context ccm;
    mbedtls_aes_init(&block);
    memset(iv, 0, sizeof iv);
    check("key", mbedtls_aes_setkey_enc(&block, data, bits));
    PER_KIB(join(name, "-CBC encrypt per KiB", ""), mbedtls_aes_crypt_cbc(&block, MBEDTLS_AES_ENCRYPT, length, iv, data, out));
    check("key", mbedtls_aes_setkey_dec(&block, data, bits));
    PER_KIB(join(name, "-CBC decrypt per KiB", ""), mbedtls_aes_crypt_cbc(&block, MBEDTLS_AES_DECRYPT, length, iv, data, out));
    mbedtls_gcm_init(&gcm);
    check("key", mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, data, bits));
    PER_KIB(join(name, "-GCM seal per KiB", ""), mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, length, iv, 12, data, 13, data, out, 16, tag));
    PER_KIB(join(name, "-GCM open per KiB", ""), (mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_DECRYPT, length, iv, 12, data, 13, data, out, 16, tag)));
    mbedtls_ccm_init(&ccm);
    check("key", mbedtls_ccm_setkey(&ccm, MBEDTLS_CIPHER_ID_AES, data, bits));
    PER_KIB(join(name, "-CCM seal per KiB", ""), mbedtls_ccm_encrypt_and_tag(&ccm, length, iv, 12, data, 13, data, out, tag, 16));
}

int bench(void) {
    board_random_start();
    load();
    rsa("1024", client_1024_key, client_1024_key_length, 1);
    rsa("2048", client_2048_key, client_2048_key_length, 1);
    rsa("4096", client_4096_key, client_4096_key_length, 1);
    ecdsa("P-256", MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_MD_SHA256);
    ecdsa("P-384", MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_MD_SHA384);
    ecdsa("P-521", MBEDTLS_ECP_DP_SECP521R1, MBEDTLS_MD_SHA512);
    hashes();
    prf();
    aes("AES-128", 128);
    aes("AES-256", 256);
    return 0;
}
