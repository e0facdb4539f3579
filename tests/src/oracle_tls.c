/*
 * The bridge to the TLS client of Mbed TLS 2.28, configured as the device is: TLS 1.2, static RSA, the same offers.
 * It talks to byte buffers instead of a socket.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/ssl.h>

/* oracle.c: the moment that the library takes for now. */
void oracle_set_time(int64_t at);

struct queue {
    unsigned char bytes[1 << 18];
    size_t start, end;
};

struct client {
    struct queue in, out;
    int has_ended;
    int64_t at;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt anchors;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
};

static const int suites[] = {
    MBEDTLS_TLS_RSA_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_RSA_WITH_AES_256_CCM, MBEDTLS_TLS_RSA_WITH_AES_256_CBC_SHA256,
    MBEDTLS_TLS_RSA_WITH_AES_256_CBC_SHA,    MBEDTLS_TLS_RSA_WITH_AES_256_CCM_8, MBEDTLS_TLS_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_RSA_WITH_AES_128_CCM,        MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA256, MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA,
    MBEDTLS_TLS_RSA_WITH_AES_128_CCM_8,      0,
};
static const int hashes[] = {
    MBEDTLS_MD_SHA512, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA224, MBEDTLS_MD_SHA1, MBEDTLS_MD_NONE,
};
static const mbedtls_x509_crt_profile profile = {
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA224)
        | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384)
        | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    0xFFFFFFF,
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1)
        | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
    2048,
};
static const char *protocols[] = { "mqtt", NULL };

/* Moves as many bytes as there are and fit. */
static size_t take(struct queue *queue, unsigned char *out, size_t size)
{
    size_t length = queue->end - queue->start;

    length = length < size ? length : size;
    memcpy(out, queue->bytes + queue->start, length);
    queue->start += length;
    return length;
}

static size_t put(struct queue *queue, const unsigned char *bytes, size_t size)
{
    if (queue->start > 0) {
        queue->end -= queue->start;
        memmove(queue->bytes, queue->bytes + queue->start, queue->end);
        queue->start = 0;
    }
    if (size > sizeof queue->bytes - queue->end) {
        size = sizeof queue->bytes - queue->end;
    }
    memcpy(queue->bytes + queue->end, bytes, size);
    queue->end += size;
    return size;
}

static int receive(void *context, unsigned char *out, size_t size)
{
    struct client *client = context;
    size_t length = take(&client->in, out, size);

    if (length == 0 && !client->has_ended) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    return (int) length;
}

static int send_bytes(void *context, const unsigned char *bytes, size_t size)
{
    return (int) put(&((struct client *) context)->out, bytes, size);
}

void oracle_client_free(struct client *client)
{
    mbedtls_ssl_free(&client->ssl);
    mbedtls_ssl_config_free(&client->config);
    mbedtls_x509_crt_free(&client->anchors);
    mbedtls_ctr_drbg_free(&client->random);
    mbedtls_entropy_free(&client->entropy);
    free(client);
}

/* The anchors are a text with its final NUL, or nothing (then no chain is ever set); verification is one of
 * MBEDTLS_SSL_VERIFY_*. NULL if anything fails. */
struct client *oracle_client_new(const unsigned char *anchors, size_t anchors_size, int verification, int has_alpn,
                                 const char *host, int64_t at)
{
    struct client *client = calloc(1, sizeof *client);
    int result;

    if (client == NULL) {
        return NULL;
    }
    client->at = at;
    oracle_set_time(at);
    mbedtls_entropy_init(&client->entropy);
    mbedtls_ctr_drbg_init(&client->random);
    mbedtls_x509_crt_init(&client->anchors);
    mbedtls_ssl_config_init(&client->config);
    mbedtls_ssl_init(&client->ssl);
    result = mbedtls_ctr_drbg_seed(&client->random, mbedtls_entropy_func, &client->entropy, NULL, 0);
    if (result == 0) {
        result = mbedtls_ssl_config_defaults(&client->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                             MBEDTLS_SSL_PRESET_DEFAULT);
    }
    if (result == 0 && anchors_size > 0) {
        result = mbedtls_x509_crt_parse(&client->anchors, anchors, anchors_size);
        mbedtls_ssl_conf_ca_chain(&client->config, &client->anchors, NULL);
    }
    mbedtls_ssl_conf_min_version(&client->config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_rng(&client->config, mbedtls_ctr_drbg_random, &client->random);
    mbedtls_ssl_conf_ciphersuites(&client->config, suites);
    mbedtls_ssl_conf_sig_hashes(&client->config, hashes);
    mbedtls_ssl_conf_cert_profile(&client->config, &profile);
    mbedtls_ssl_conf_authmode(&client->config, verification);
    mbedtls_ssl_conf_encrypt_then_mac(&client->config, MBEDTLS_SSL_ETM_ENABLED);
    mbedtls_ssl_conf_extended_master_secret(&client->config, MBEDTLS_SSL_EXTENDED_MS_ENABLED);
    mbedtls_ssl_conf_session_tickets(&client->config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    if (result == 0 && has_alpn) {
        result = mbedtls_ssl_conf_alpn_protocols(&client->config, protocols);
    }
    if (result == 0) {
        result = mbedtls_ssl_setup(&client->ssl, &client->config);
    }
    if (result == 0) {
        result = mbedtls_ssl_set_hostname(&client->ssl, host);
    }
    mbedtls_ssl_set_bio(&client->ssl, client, send_bytes, receive, NULL);
    if (result != 0) {
        oracle_client_free(client);
        return NULL;
    }
    return client;
}

size_t oracle_client_receive(struct client *client, const unsigned char *bytes, size_t size)
{
    return put(&client->in, bytes, size);
}

void oracle_client_end(struct client *client)
{
    client->has_ended = 1;
}

size_t oracle_client_send(struct client *client, unsigned char *out, size_t size)
{
    return take(&client->out, out, size);
}

int oracle_client_handshake(struct client *client)
{
    oracle_set_time(client->at);
    return mbedtls_ssl_handshake(&client->ssl);
}

int oracle_client_read(struct client *client, unsigned char *out, size_t size)
{
    oracle_set_time(client->at);
    return mbedtls_ssl_read(&client->ssl, out, size);
}

uint32_t oracle_client_flags(const struct client *client)
{
    return mbedtls_ssl_get_verify_result(&client->ssl);
}

/* Takes over the session of another client that is connected. */
int oracle_client_resume(struct client *client, const struct client *other)
{
    mbedtls_ssl_session session;
    int result;

    mbedtls_ssl_session_init(&session);
    result = mbedtls_ssl_get_session(&other->ssl, &session);
    if (result == 0) {
        result = mbedtls_ssl_set_session(&client->ssl, &session);
    }
    mbedtls_ssl_session_free(&session);
    return result;
}
