/* A client and nothing else, to be linked and measured, not run: PEM anchors, client certificate and key, verification,
 * resumption by ticket, reading and writing. */
#include "support.h"
#include "files.h"
#include "mbedtls/ssl.h"

static mbedtls_ssl_config config;
static mbedtls_ssl_context connection;
static mbedtls_ssl_session session;
static mbedtls_x509_crt anchors, chain;
static mbedtls_pk_context key;

/* The network is two registers that do not exist. */
static int to_network(void *context, const unsigned char *data, size_t length) {
    (void) context;
    for (size_t i = 0; i < length; i++) *(volatile unsigned char *) 0x4000F000 = data[i];
    return (int) length;
}

static int from_network(void *context, unsigned char *data, size_t length) {
    (void) context;
    for (size_t i = 0; i < length; i++) data[i] = *(volatile unsigned char *) 0x4000F004;
    return (int) length;
}

int bench(void) {
    static unsigned char buffer[256];
    board_random_start();
    int code = 0;
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&connection);
    code |= mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
    code |= mbedtls_x509_crt_parse(&anchors, ca_pem, ca_pem_length);
    code |= mbedtls_x509_crt_parse(&chain, client_2048_pem, client_2048_pem_length);
    code |= mbedtls_pk_parse_key(&key, client_2048_key, client_2048_key_length, NULL, 0);
    mbedtls_ssl_conf_rng(&config, board_random, NULL);
    mbedtls_ssl_conf_ca_chain(&config, &anchors, NULL);
    code |= mbedtls_ssl_conf_own_cert(&config, &chain, &key);
    code |= mbedtls_ssl_conf_max_frag_len(&config, MBEDTLS_SSL_MAX_FRAG_LEN_4096);
    code |= mbedtls_ssl_setup(&connection, &config);
    code |= mbedtls_ssl_set_hostname(&connection, "localhost");
    code |= mbedtls_ssl_set_session(&connection, &session);
    mbedtls_ssl_set_bio(&connection, NULL, to_network, from_network, NULL);
    code |= mbedtls_ssl_handshake(&connection);
    code |= mbedtls_ssl_get_session(&connection, &session);
    code |= mbedtls_ssl_read(&connection, buffer, sizeof buffer);
    code |= mbedtls_ssl_write(&connection, buffer, sizeof buffer);
    code |= mbedtls_ssl_close_notify(&connection);
    return code;
}
