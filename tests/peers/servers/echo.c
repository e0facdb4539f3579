/* An echo server on Mbed TLS, 2.28 or 3: PORT CHAIN KEY CA|- [no-ems] [no-etm] ; one connection at a time */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <string.h>

#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#define READ_KEY(key, file) mbedtls_pk_parse_keyfile(key, file, NULL, mbedtls_ctr_drbg_random, &drbg)
#else
#define READ_KEY(key, file) mbedtls_pk_parse_keyfile(key, file, NULL)
#endif

static int echo(mbedtls_ssl_context *ssl) {
    unsigned char data[16384];
    int result = mbedtls_ssl_handshake(ssl);
    while (result == 0) {
        int length = mbedtls_ssl_read(ssl, data, sizeof data);
        if (length <= 0) return length;
        for (int done = 0; done < length;) {
            int written = mbedtls_ssl_write(ssl, data + done, (size_t)(length - done));
            if (written <= 0) return written;
            done += written;
        }
    }
    return result;
}

int main(int count, char **words) {
    if (count < 5) return 2;
    static mbedtls_entropy_context entropy;
    static mbedtls_ctr_drbg_context drbg;
    static mbedtls_x509_crt chain, authority;
    static mbedtls_pk_context key;
    static mbedtls_ssl_config config;
    static mbedtls_ssl_cache_context cache;
    static mbedtls_ssl_ticket_context tickets;
    mbedtls_net_context listener;
    /* Keys of 1024 bits are among what is tried. */
    mbedtls_x509_crt_profile profile = mbedtls_x509_crt_profile_default;
    profile.rsa_min_bitlen = 1024;
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&drbg);
    mbedtls_x509_crt_init(&chain);
    mbedtls_x509_crt_init(&authority);
    mbedtls_pk_init(&key);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_cache_init(&cache);
    mbedtls_ssl_ticket_init(&tickets);
    mbedtls_net_init(&listener);
#if MBEDTLS_VERSION_MAJOR >= 3
    if (psa_crypto_init()) return 3;
#endif
    if (mbedtls_ctr_drbg_seed(&drbg, mbedtls_entropy_func, &entropy, NULL, 0) ||
        mbedtls_x509_crt_parse_file(&chain, words[2]) || READ_KEY(&key, words[3]) ||
        mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) ||
        mbedtls_ssl_ticket_setup(&tickets, mbedtls_ctr_drbg_random, &drbg, MBEDTLS_CIPHER_AES_256_GCM, 86400) ||
        mbedtls_ssl_conf_own_cert(&config, &chain, &key) || mbedtls_net_bind(&listener, "127.0.0.1", words[1], MBEDTLS_NET_PROTO_TCP))
        return 3;
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &drbg);
    mbedtls_ssl_conf_cert_profile(&config, &profile);
    mbedtls_ssl_conf_session_cache(&config, &cache, mbedtls_ssl_cache_get, mbedtls_ssl_cache_set);
    mbedtls_ssl_conf_session_tickets_cb(&config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
#if MBEDTLS_VERSION_MAJOR >= 3
    mbedtls_ssl_conf_max_tls_version(&config, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
    for (int i = 5; i < count; i++) {
        if (strcmp(words[i], "no-ems") == 0)
            mbedtls_ssl_conf_extended_master_secret(&config, MBEDTLS_SSL_EXTENDED_MS_DISABLED);
        if (strcmp(words[i], "no-etm") == 0) mbedtls_ssl_conf_encrypt_then_mac(&config, MBEDTLS_SSL_ETM_DISABLED);
    }
    if (strcmp(words[4], "-") != 0) {
        if (mbedtls_x509_crt_parse_file(&authority, words[4])) return 4;
        mbedtls_ssl_conf_ca_chain(&config, &authority, NULL);
        mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        mbedtls_net_context client;
        mbedtls_ssl_context ssl;
        mbedtls_net_init(&client);
        mbedtls_ssl_init(&ssl);
        if (mbedtls_net_accept(&listener, &client, NULL, 0, NULL) == 0 && mbedtls_ssl_setup(&ssl, &config) == 0) {
            mbedtls_ssl_set_bio(&ssl, &client, mbedtls_net_send, mbedtls_net_recv, NULL);
            printf("ended: -0x%04X\n", (unsigned)-echo(&ssl));
            fflush(stdout);
            mbedtls_ssl_close_notify(&ssl);
        }
        mbedtls_ssl_free(&ssl);
        mbedtls_net_free(&client);
    }
}
