/* Mbed TLS's client in a handshake with TLS_RSA_WITH_AES_256_GCM_SHA384, the server played in the same program: only what the
 * client does is counted. */
#include <string.h>

#include "board.h"
#include "files.h"
#include "mbedtls/ctr_drbg.h"
#include "mbedtls/platform.h"
#include "mbedtls/ssl.h"
#include "mbedtls/ssl_ticket.h"

static mbedtls_ctr_drbg_context drbg;
static mbedtls_ssl_config client_config, server_config;
static mbedtls_ssl_ticket_context tickets;

struct pipe { unsigned char bytes[32 * 1024]; size_t read, written; };
static struct pipe to_client, to_server;
struct end { struct pipe *in, *out; };

static void check(const char *what, int code) {
    if (code != 0) board_fail(what, code);
}

static int pipe_send(void *context, const unsigned char *data, size_t length) {
    struct pipe *pipe = ((struct end *) context)->out;
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

struct identity { mbedtls_x509_crt chain; mbedtls_pk_context key; };

static void load(struct identity *identity, const unsigned char *pem, size_t length, const unsigned char *key, size_t key_length) {
    mbedtls_x509_crt_init(&identity->chain);
    mbedtls_pk_init(&identity->key);
    check("certificate", mbedtls_x509_crt_parse(&identity->chain, pem, length));
    check("key", mbedtls_pk_parse_key(&identity->key, key, key_length, NULL, 0));
}

/* The client's side of one handshake is the sum over its steps; the largest step is the longest time without a return. */
struct cost { uint64_t total; size_t stack, heap; };

static struct cost handshake(mbedtls_ssl_context *client, mbedtls_ssl_session *resume, mbedtls_ssl_session *keep) {
    mbedtls_ssl_context server;
    struct end client_end = {&to_client, &to_server}, server_end = {&to_server, &to_client};
    struct cost cost = {0, 0, 0};
    to_client.read = to_client.written = to_server.read = to_server.written = 0;
    board_heap_peak = board_heap_now;
    mbedtls_ssl_init(client);
    check("setup", mbedtls_ssl_setup(client, &client_config));
    size_t before_server = board_heap_now;
    mbedtls_ssl_init(&server);
    check("setup", mbedtls_ssl_setup(&server, &server_config));
    size_t server_heap = board_heap_now - before_server;
    check("name", mbedtls_ssl_set_hostname(client, "localhost"));
    if (resume != NULL) check("session", mbedtls_ssl_set_session(client, resume));
    mbedtls_ssl_set_bio(client, &client_end, pipe_send, pipe_receive, NULL);
    mbedtls_ssl_set_bio(&server, &server_end, pipe_send, pipe_receive, NULL);
    board_heap_peak = board_heap_now;
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
    mbedtls_ssl_free(&server);
    return cost;
}

static void report(const char *name, struct cost cost) {
    char row[80] = "handshake, ";
    strcat(row, name);
    board_row(row, cost.total);
    size_t end = strlen(row);
    strcpy(row + end, ": peak stack, bytes");
    board_row(row, cost.stack);
    strcpy(row + end, ": peak heap, bytes");
    board_row(row, cost.heap);
}

static void records(void) {
    static const struct { const char *name; size_t length; } sizes[] = {
        {"64 bytes", 64}, {"256 bytes", 256}, {"1 KiB", 1024}, {"4 KiB", 4096}};
    static unsigned char data[4096];
    mbedtls_ssl_context client;
    struct end loop = {&to_server, &to_server};
    handshake(&client, NULL, NULL);
    /* Writing into a pipe; reading back what a client with the keys swapped would have sent is the same work. */
    mbedtls_ssl_set_bio(&client, &loop, pipe_send, pipe_receive, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char name[40] = "record write, ";
        to_server.read = to_server.written = 0;
        uint64_t start = board_instructions();
        if (mbedtls_ssl_write(&client, data, sizes[i].length) != (int) sizes[i].length) board_fail("write", 0);
        board_row(strcat(name, sizes[i].name), board_instructions() - start);
    }
    mbedtls_ssl_free(&client);
}

static void records_read(void) {
    static const struct { const char *name; size_t length; } sizes[] = {
        {"64 bytes", 64}, {"256 bytes", 256}, {"1 KiB", 1024}, {"4 KiB", 4096}};
    static unsigned char data[4096];
    mbedtls_ssl_context client, server;
    struct end client_end = {&to_client, &to_server}, server_end = {&to_server, &to_client};
    to_client.read = to_client.written = to_server.read = to_server.written = 0;
    mbedtls_ssl_init(&client);
    mbedtls_ssl_init(&server);
    check("setup", mbedtls_ssl_setup(&client, &client_config));
    check("setup", mbedtls_ssl_setup(&server, &server_config));
    check("name", mbedtls_ssl_set_hostname(&client, "localhost"));
    mbedtls_ssl_set_bio(&client, &client_end, pipe_send, pipe_receive, NULL);
    mbedtls_ssl_set_bio(&server, &server_end, pipe_send, pipe_receive, NULL);
    int code_client, code_server;
    do {
        code_client = mbedtls_ssl_handshake(&client);
        code_server = mbedtls_ssl_handshake(&server);
    } while (code_client == MBEDTLS_ERR_SSL_WANT_READ || code_server == MBEDTLS_ERR_SSL_WANT_READ);
    check("client", code_client);
    check("server", code_server);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char name[40] = "record read, ";
        if (mbedtls_ssl_write(&server, data, sizes[i].length) != (int) sizes[i].length) board_fail("write", 0);
        uint64_t start = board_instructions();
        if (mbedtls_ssl_read(&client, data, sizes[i].length) != (int) sizes[i].length) board_fail("read", 0);
        board_row(strcat(name, sizes[i].name), board_instructions() - start);
    }
    mbedtls_ssl_free(&client);
    mbedtls_ssl_free(&server);
}

static void configure(mbedtls_ssl_config *config, int endpoint) {
    static const int suites[] = {MBEDTLS_TLS_RSA_WITH_AES_256_GCM_SHA384, 0};
    mbedtls_ssl_config_init(config);
    check("config", mbedtls_ssl_config_defaults(config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &drbg);
    mbedtls_ssl_conf_ciphersuites(config, suites);
}

/* Longer chains to the root; the server asks for no certificate any more. */
static void chains(void) {
    static struct identity two, three;
    static mbedtls_x509_crt root;
    mbedtls_ssl_context client;
    mbedtls_ssl_conf_authmode(&server_config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_x509_crt_init(&root);
    check("anchors", mbedtls_x509_crt_parse(&root, ca_pem, ca_pem_length));
    mbedtls_ssl_conf_ca_chain(&client_config, &root, NULL);
    load(&two, server_pem, server_pem_length, server_key, server_key_length);
    check("chain", mbedtls_x509_crt_parse(&two.chain, intermediate_pem, intermediate_pem_length));
    load(&three, server_of_issuing_pem, server_of_issuing_pem_length, server_key, server_key_length);
    check("chain", mbedtls_x509_crt_parse(&three.chain, issuing_pem, issuing_pem_length));
    check("chain", mbedtls_x509_crt_parse(&three.chain, upper_pem, upper_pem_length));
    server_config.key_cert = NULL;
    check("own", mbedtls_ssl_conf_own_cert(&server_config, &two.chain, &two.key));
    board_row("handshake, verification, chain of 2", handshake(&client, NULL, NULL).total);
    mbedtls_ssl_free(&client);
    server_config.key_cert = NULL;
    check("own", mbedtls_ssl_conf_own_cert(&server_config, &three.chain, &three.key));
    board_row("handshake, verification, chain of 3", handshake(&client, NULL, NULL).total);
    mbedtls_ssl_free(&client);
}

int bench(void) {
    static struct identity server, small, large;
    mbedtls_x509_crt anchors, client_anchors;
    mbedtls_ssl_context client;
    mbedtls_ssl_session session;
    mbedtls_ctr_drbg_init(&drbg);
    check("seed", mbedtls_ctr_drbg_seed(&drbg, board_entropy, NULL, NULL, 0));
    load(&server, server_pem, server_pem_length, server_key, server_key_length);
    configure(&server_config, MBEDTLS_SSL_IS_SERVER);
    mbedtls_ssl_ticket_init(&tickets);
    check("tickets", mbedtls_ssl_ticket_setup(&tickets, mbedtls_ctr_drbg_random, &drbg, MBEDTLS_CIPHER_AES_256_GCM, 86400));
    mbedtls_ssl_conf_session_tickets_cb(&server_config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets);
    check("own", mbedtls_ssl_conf_own_cert(&server_config, &server.chain, &server.key));
    configure(&client_config, MBEDTLS_SSL_IS_CLIENT);
    size_t server_side = board_heap_now;

    mbedtls_ssl_conf_authmode(&client_config, MBEDTLS_SSL_VERIFY_NONE);
    struct cost cost = handshake(&client, NULL, NULL);
    cost.heap -= server_side;
    report("no verification", cost);
    mbedtls_ssl_free(&client);

    mbedtls_ssl_conf_authmode(&client_config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_x509_crt_init(&anchors);
    size_t before_anchor = board_heap_now;
    check("anchors", mbedtls_x509_crt_parse(&anchors, intermediate_pem, intermediate_pem_length));
    size_t anchors_heap = board_heap_now - before_anchor;
    mbedtls_ssl_conf_ca_chain(&client_config, &anchors, NULL);
    mbedtls_ssl_session_init(&session);
    cost = handshake(&client, NULL, &session);
    cost.heap -= server_side;
    report("verification", cost);
    mbedtls_ssl_free(&client);
    cost = handshake(&client, &session, NULL);
    cost.heap -= server_side;
    report("resumed", cost);
    mbedtls_ssl_free(&client);

    records();
    records_read();

    mbedtls_ssl_conf_authmode(&server_config, MBEDTLS_SSL_VERIFY_REQUIRED);
    size_t before_anchors = board_heap_now;
    mbedtls_x509_crt_init(&client_anchors);
    check("anchors", mbedtls_x509_crt_parse(&client_anchors, ca_pem, ca_pem_length));
    check("anchors", mbedtls_x509_crt_parse(&client_anchors, intermediate_pem, intermediate_pem_length));
    mbedtls_ssl_conf_ca_chain(&server_config, &client_anchors, NULL);
    server_side += board_heap_now - before_anchors;
    load(&small, client_1024_pem, client_1024_pem_length, client_1024_key, client_1024_key_length);
    static mbedtls_x509_crt_profile weak;
    weak = mbedtls_x509_crt_profile_default;
    weak.rsa_min_bitlen = 1024;
    mbedtls_ssl_conf_cert_profile(&server_config, &weak);
    check("own", mbedtls_ssl_conf_own_cert(&client_config, &small.chain, &small.key));
    cost = handshake(&client, NULL, NULL);
    cost.heap -= server_side;
    report("client certificate 1024", cost);
    mbedtls_ssl_free(&client);

    /* Another identity in its place. */
    mbedtls_free(client_config.key_cert);
    client_config.key_cert = NULL;
    mbedtls_x509_crt_free(&small.chain);
    mbedtls_pk_free(&small.key);
    size_t before_identity = board_heap_now;
    load(&large, client_2048_pem, client_2048_pem_length, client_2048_key, client_2048_key_length);
    size_t decoded = anchors_heap + board_heap_now - before_identity + 2 * sizeof anchors + sizeof large.key;
    check("own", mbedtls_ssl_conf_own_cert(&client_config, &large.chain, &large.key));
    cost = handshake(&client, NULL, NULL);
    cost.heap -= server_side;
    report("client certificate 2048", cost);
    mbedtls_ssl_free(&client);
    size_t contexts = sizeof client + sizeof client_config + sizeof session + sizeof drbg + 2 * sizeof anchors + sizeof large.key;
    board_row("connection state, bytes", sizeof client + sizeof client_config);
    board_row("decoded certificates and key, bytes", decoded);
    board_row("RAM of a connection, all included, bytes", cost.heap + cost.stack + contexts);

    chains();
    return 0;
}
