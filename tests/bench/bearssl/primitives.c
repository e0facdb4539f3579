/* BearSSL's primitives, in instructions: those that it takes on a processor of 32 bits, all of which are constant-time. */
#include <string.h>

#include "support.h"

static unsigned char data[17 * 1024], out[64];
static br_hmac_drbg_context random;

static const char *join(const char *a, const char *b, const char *c) {
    static char name[80];
    strcpy(name, a);
    strcat(name, b);
    return strcat(name, c);
}

#define MEASURE(call, result)                                \
    do {                                                     \
        uint64_t start = board_instructions();               \
        call;                                                \
        result = board_instructions() - start;               \
    } while (0)

static void rsa(const char *bits, const unsigned char *pem, size_t length) {
    static struct key key;
    static unsigned char modulus[512], signature[512], block[512], exponent[] = {1, 0, 1};
    unsigned char hash[32], found[32];
    uint64_t cost;
    uint32_t good;
    memset(hash, 7, sizeof hash);
    support_key(&key, pem, length);
    MEASURE(good = br_rsa_i31_pkcs1_sign(BR_HASH_OID_SHA256, hash, sizeof hash, key.rsa, signature), cost);
    support_check("sign", good);
    board_row(join("RSA-", bits, " sign, cold"), cost);
    br_rsa_public_key public_key = {modulus, br_rsa_i31_compute_modulus(modulus, key.rsa), exponent, sizeof exponent};
    MEASURE(good = br_rsa_i31_pkcs1_vrfy(signature, public_key.nlen, BR_HASH_OID_SHA256, sizeof hash, &public_key, found), cost);
    support_check("verify", good && memcmp(hash, found, sizeof hash) == 0);
    board_row(join("RSA-", bits, " verify, cold"), cost);
    /* As br_ssl_client does it, which has no function for it: 48 bytes behind padding that is not zero. */
    uint64_t start = board_instructions();
    size_t padding = public_key.nlen - 51;
    block[0] = 0;
    block[1] = 2;
    br_hmac_drbg_generate(&random, block + 2, padding);
    for (size_t i = 0; i < padding; i++)
        while (block[2 + i] == 0) br_hmac_drbg_generate(&random, block + 2 + i, 1);
    block[2 + padding] = 0;
    memcpy(block + 3 + padding, data, 48);
    good = br_rsa_i31_public(block, public_key.nlen, &public_key);
    cost = board_instructions() - start;
    support_check("encrypt", good);
    board_row(join("RSA-", bits, " encrypt, cold"), cost);
}

static void ecdsa(const char *name, const br_ec_impl *curves, int curve, const br_hash_class *hash_type, size_t hash_length) {
    static unsigned char secret[BR_EC_KBUF_PRIV_MAX_SIZE], point[BR_EC_KBUF_PUB_MAX_SIZE], hash[64], signature[160];
    br_ec_private_key key;
    br_ec_public_key public_key;
    uint64_t cost;
    uint32_t good;
    memset(hash, 7, sizeof hash);
    support_check("key", br_ec_keygen(&random.vtable, curves, &key, secret, curve) > 0);
    support_check("point", br_ec_compute_pub(curves, &public_key, point, &key) > 0);
    size_t length = br_ecdsa_i31_sign_asn1(curves, hash_type, hash, &key, signature);
    MEASURE(good = br_ecdsa_i31_vrfy_asn1(curves, hash, hash_length, &public_key, signature, length), cost);
    support_check("verify", good);
    board_row(join("ECDSA ", name, " verify"), cost);
}

/* The cost of one more KiB: 16 KiB less 1 KiB, by fifteen. */
#define PER_KIB(name, call)                                  \
    do {                                                     \
        uint64_t one, sixteen;                               \
        size_t length = 1024;                                \
        MEASURE(call, one);                                  \
        length = 16 * 1024;                                  \
        MEASURE(call, sixteen);                              \
        board_row(name, (sixteen - one) / 15);               \
    } while (0)

static void hash(const br_hash_class *type, size_t length) {
    br_hash_compat_context context;
    type->init(&context.vtable);
    type->update(&context.vtable, data, length);
    type->out(&context.vtable, out);
}

static void hmac(size_t length) {
    br_hmac_key_context key;
    br_hmac_context context;
    br_hmac_key_init(&key, &br_sha256_vtable, data, 32);
    br_hmac_init(&context, &key, 0);
    br_hmac_update(&context, data, length);
    br_hmac_out(&context, out);
}

static void hashes(void) {
    static const struct { const char *name; const br_hash_class *type; } all[] = {
        {"MD5", &br_md5_vtable}, {"SHA-1", &br_sha1_vtable}, {"SHA-256", &br_sha256_vtable}, {"SHA-384", &br_sha384_vtable}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        PER_KIB(join(all[i].name, " per KiB", ""), hash(all[i].type, length));
    PER_KIB("HMAC-SHA-256 per KiB", hmac(length));
}

static void prf(void) {
    static const struct { const char *name; br_tls_prf_impl prf; size_t seed; } all[] = {
        {"SHA-256", br_tls12_sha256_prf, 32}, {"SHA-384", br_tls12_sha384_prf, 48}};
    static unsigned char keys[72];
    uint64_t cost;
    for (size_t i = 0; i < 2; i++) {
        br_tls_prf_seed_chunk seed = {data, all[i].seed}, randoms = {data, 64};
        MEASURE(all[i].prf(keys, 48, data, 48, "extended master secret", 1, &seed), cost);
        board_row(join("PRF ", all[i].name, " master secret"), cost);
        MEASURE(all[i].prf(keys, 72, data, 48, "key expansion", 1, &randoms), cost);
        board_row(join("PRF ", all[i].name, " key block, 72 bytes"), cost);
        MEASURE(all[i].prf(keys, 12, data, 48, "client finished", 1, &seed), cost);
        board_row(join("PRF ", all[i].name, " finished"), cost);
    }
}

static void gcm(br_aes_ct_ctr_keys *key, int seals, size_t length) {
    br_gcm_context context;
    br_gcm_init(&context, &key->vtable, br_ghash_ctmul);
    br_gcm_reset(&context, data, 12);
    br_gcm_aad_inject(&context, data, 13);
    br_gcm_flip(&context);
    br_gcm_run(&context, seals, data, length);
    br_gcm_get_tag(&context, out);
}

static void ccm(br_aes_ct_ctrcbc_keys *key, size_t length) {
    br_ccm_context context;
    br_ccm_init(&context, &key->vtable);
    support_check("CCM", br_ccm_reset(&context, data, 12, 13, length, 16));
    br_ccm_aad_inject(&context, data, 13);
    br_ccm_flip(&context);
    br_ccm_run(&context, 1, data, length);
    br_ccm_get_tag(&context, out);
}

static void aes(const char *name, size_t bytes) {
    unsigned char iv[16] = {0};
    br_aes_ct_cbcenc_keys encrypt;
    br_aes_ct_cbcdec_keys decrypt;
    br_aes_ct_ctr_keys counter;
    br_aes_ct_ctrcbc_keys both;
    br_aes_ct_cbcenc_init(&encrypt, data, bytes);
    PER_KIB(join(name, "-CBC encrypt per KiB", ""), br_aes_ct_cbcenc_run(&encrypt, iv, data, length));
    br_aes_ct_cbcdec_init(&decrypt, data, bytes);
    PER_KIB(join(name, "-CBC decrypt per KiB", ""), br_aes_ct_cbcdec_run(&decrypt, iv, data, length));
    br_aes_ct_ctr_init(&counter, data, bytes);
    PER_KIB(join(name, "-GCM seal per KiB", ""), gcm(&counter, 1, length));
    PER_KIB(join(name, "-GCM open per KiB", ""), gcm(&counter, 0, length));
    br_aes_ct_ctrcbc_init(&both, data, bytes);
    PER_KIB(join(name, "-CCM seal per KiB", ""), ccm(&both, length));
}

int bench(void) {
    br_hmac_drbg_init(&random, &br_sha256_vtable, "bench", 5);
    rsa("1024", client_1024_key, client_1024_key_length);
    rsa("2048", client_2048_key, client_2048_key_length);
    ecdsa("P-256", &br_ec_p256_m31, BR_EC_secp256r1, &br_sha256_vtable, 32);
    ecdsa("P-384", &br_ec_prime_i31, BR_EC_secp384r1, &br_sha384_vtable, 48);
    ecdsa("P-521", &br_ec_prime_i31, BR_EC_secp521r1, &br_sha512_vtable, 64);
    hashes();
    prf();
    aes("AES-128", 16);
    aes("AES-256", 32);
    return 0;
}
