/* See play.h. */
#include "play.h"

#include <string.h>

#include "mbedtls/platform.h"
#include "mbedtls/ssl_ticket.h"

mbedtls_ssl_config client_config, server_config;
static mbedtls_ssl_context server;
static mbedtls_ssl_ticket_context tickets;
/* Heap that the server takes before any connection. */
static size_t server_side;

struct pipe { unsigned char bytes[32 * 1024]; size_t read, written; };
static struct pipe to_client, to_server;
struct end { struct pipe *in, *out; };
static struct end client_end = {&to_client, &to_server}, server_end = {&to_server, &to_client};

void check(const char *what, int code) {
    if (code != 0) board_fail(what, code);
}

static int pipe_send(void *context, const unsigned char *data, size_t length) {
    struct pipe *pipe = ((struct end *) context)->out;
    if (pipe->read == pipe->written) pipe->read = pipe->written = 0;
    if (pipe->written + length > sizeof pipe->bytes) return MBEDTLS_ERR_SSL_WANT_WRITE;
    memcpy(pipe->bytes + pipe->written, data, length);
    pipe->written += length;
    return (int) length;
}

static int pipe_receive(void *context, unsigned char *data, size_t length) {
    struct pipe *pipe = ((struct end *) context)->in;
    if (pipe->read == pipe->written) return MBEDTLS_ERR_SSL_WANT_READ;
    if (length > pipe->written - pipe->read) length = pipe->written - pipe->read;
    memcpy(data, pipe->bytes + pipe->read, length);
    pipe->read += length;
    return (int) length;
}

void load(struct identity *identity, const unsigned char *pem, size_t length, const unsigned char *key, size_t key_length) {
    mbedtls_x509_crt_init(&identity->chain);
    mbedtls_pk_init(&identity->key);
    check("certificate", mbedtls_x509_crt_parse(&identity->chain, pem, length));
    check("key", mbedtls_pk_parse_key(&identity->key, key, key_length, NULL, 0));
}

/* In the place of another one. */
void identify(mbedtls_ssl_config *config, struct identity *identity) {
    mbedtls_free(config->key_cert);
    config->key_cert = NULL;
    check("own", mbedtls_ssl_conf_own_cert(config, &identity->chain, &identity->key));
}

static void configure(mbedtls_ssl_config *config, int endpoint) {
    mbedtls_ssl_config_init(config);
    check("config", mbedtls_ssl_config_defaults(config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_rng(config, board_random, NULL);
}

void play_suite(int suite) {
    static int suites[2];
    suites[0] = suite;
    mbedtls_ssl_conf_ciphersuites(&client_config, suites);
    mbedtls_ssl_conf_ciphersuites(&server_config, suites);
}

void play_ask(int asks) {
    mbedtls_ssl_conf_authmode(&server_config, asks ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
}

void play_configure(int suite) {
    static struct identity own;
    static mbedtls_x509_crt anchors;
    static mbedtls_x509_crt_profile weak;
    size_t before = board_heap_now;
    load(&own, server_pem, server_pem_length, server_key, server_key_length);
    configure(&server_config, MBEDTLS_SSL_IS_SERVER);
    mbedtls_ssl_ticket_init(&tickets);
    check("tickets", mbedtls_ssl_ticket_setup(&tickets, board_random, NULL, MBEDTLS_CIPHER_AES_256_GCM, 86400));
    mbedtls_ssl_conf_session_tickets_cb(&server_config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
    identify(&server_config, &own);
    mbedtls_x509_crt_init(&anchors);
    check("anchors", mbedtls_x509_crt_parse(&anchors, ca_pem, ca_pem_length));
    check("anchors", mbedtls_x509_crt_parse(&anchors, intermediate_pem, intermediate_pem_length));
    mbedtls_ssl_conf_ca_chain(&server_config, &anchors, NULL);
    weak = mbedtls_x509_crt_profile_default;
    weak.rsa_min_bitlen = 1024;
    mbedtls_ssl_conf_cert_profile(&server_config, &weak);
    configure(&client_config, MBEDTLS_SSL_IS_CLIENT);
    play_suite(suite);
    play_ask(0);
    server_side = board_heap_now - before;
}

struct cost play(mbedtls_ssl_context *client, mbedtls_ssl_session *resume, mbedtls_ssl_session *keep) {
    struct cost cost = {0, 0, 0};
    to_client.read = to_client.written = to_server.read = to_server.written = 0;
    mbedtls_ssl_init(client);
    check("setup", mbedtls_ssl_setup(client, &client_config));
    size_t before_server = board_heap_now;
    mbedtls_ssl_init(&server);
    check("setup", mbedtls_ssl_setup(&server, &server_config));
    size_t server_heap = server_side + board_heap_now - before_server;
    check("name", mbedtls_ssl_set_hostname(client, "localhost"));
    if (resume != NULL) check("session", mbedtls_ssl_set_session(client, resume));
    mbedtls_ssl_set_bio(client, &client_end, pipe_send, pipe_receive, NULL);
    mbedtls_ssl_set_bio(&server, &server_end, pipe_send, pipe_receive, NULL);
    while (client->state != MBEDTLS_SSL_HANDSHAKE_OVER || server.state != MBEDTLS_SSL_HANDSHAKE_OVER) {
        int progress = 0, code;
        while (client->state != MBEDTLS_SSL_HANDSHAKE_OVER) {
            board_heap_peak = board_heap_now;
            board_stack_paint();
            uint64_t start = board_instructions();
            code = mbedtls_ssl_handshake_step(client);
            cost.total += board_instructions() - start;
            size_t stack = board_stack_used();
            if (stack > cost.stack) cost.stack = stack;
            if (board_heap_peak - server_heap > cost.heap) cost.heap = board_heap_peak - server_heap;
            if (code == MBEDTLS_ERR_SSL_WANT_READ) break;
            check("client", code);
            progress = 1;
        }
        size_t before = board_heap_now;
        while (server.state != MBEDTLS_SSL_HANDSHAKE_OVER) {
            code = mbedtls_ssl_handshake_step(&server);
            if (code == MBEDTLS_ERR_SSL_WANT_READ) break;
            check("server", code);
            progress = 1;
        }
        server_heap += board_heap_now - before;
        if (!progress) board_fail("no progress", 0);
    }
    if (keep != NULL) check("session", mbedtls_ssl_get_session(client, keep));
    return cost;
}

static unsigned char data[4096];

uint64_t play_write(mbedtls_ssl_context *client, size_t length) {
    uint64_t start = board_instructions();
    if (mbedtls_ssl_write(client, data, length) != (int) length) board_fail("write", 0);
    uint64_t cost = board_instructions() - start;
    if (mbedtls_ssl_read(&server, data, length) != (int) length) board_fail("server's read", 0);
    return cost;
}

uint64_t play_read(mbedtls_ssl_context *client, size_t length) {
    if (mbedtls_ssl_write(&server, data, length) != (int) length) board_fail("server's write", 0);
    uint64_t start = board_instructions();
    if (mbedtls_ssl_read(client, data, length) != (int) length) board_fail("read", 0);
    return board_instructions() - start;
}

void play_end(mbedtls_ssl_context *client) {
    mbedtls_ssl_free(client);
    mbedtls_ssl_free(&server);
}
