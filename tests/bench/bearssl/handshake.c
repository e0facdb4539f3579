/* BearSSL's client in a handshake with TLS_RSA_WITH_AES_256_GCM_SHA384; both ends are in this program, and only what the client does
 * is counted. */
#include <string.h>

#include "support.h"

/* 2026-11-22, when the certificates are good, in days since the year 0. */
#define TODAY (1795305600u / 86400u + 719528u)
/* Windows of 4 KB, and what a record has around them (BR_SSL_BUFSIZE_INPUT, BR_SSL_BUFSIZE_OUTPUT). */
#define WINDOW 4096u
static unsigned char client_in[WINDOW + 325], client_out[WINDOW + 85], server_in[BR_SSL_BUFSIZE_INPUT], server_out[BR_SSL_BUFSIZE_OUTPUT];
static br_ssl_client_context client;
static br_ssl_server_context server;
static br_x509_minimal_context minimal, server_minimal;
static br_x509_knownkey_context known;
static br_ssl_session_cache_lru cache;
static unsigned char sessions[512];
static struct certificate own, root_pem, anchor_pem, small_pem, large_pem;
static struct key own_key, small_key, large_key;
static struct anchor root, anchor, leaf;

struct cost { uint64_t total; size_t stack; };
struct setting {
    int knows_key, resumes;
    const struct certificate *certificate;
    const struct key *key;
};

/* One turn of an engine: what it wants to send goes to the other one. */
static int move(br_ssl_engine_context *from, br_ssl_engine_context *to, struct cost *of_sender, struct cost *of_receiver) {
    size_t ready, room;
    const unsigned char *bytes = br_ssl_engine_sendrec_buf(from, &ready);
    unsigned char *space = br_ssl_engine_recvrec_buf(to, &room);
    if (bytes == NULL || space == NULL) return 0;
    size_t length = ready < room ? ready : room;
    memcpy(space, bytes, length);
    struct { br_ssl_engine_context *engine; void (*acknowledge)(br_ssl_engine_context *, size_t); struct cost *cost; } ends[2] = {
        {from, br_ssl_engine_sendrec_ack, of_sender}, {to, br_ssl_engine_recvrec_ack, of_receiver}};
    for (int i = 0; i < 2; i++) {
        if (ends[i].cost != NULL) board_stack_paint();
        uint64_t start = board_instructions();
        ends[i].acknowledge(ends[i].engine, length);
        uint64_t taken = board_instructions() - start;
        if (ends[i].cost != NULL) {
            size_t stack = board_stack_used();
            ends[i].cost->total += taken;
            if (stack > ends[i].cost->stack) ends[i].cost->stack = stack;
        }
    }
    return 1;
}

static void turn(struct cost *cost) {
    while (move(&client.eng, &server.eng, cost, NULL) || move(&server.eng, &client.eng, NULL, cost)) {}
    if (br_ssl_engine_last_error(&client.eng) != 0) board_fail("client", br_ssl_engine_last_error(&client.eng));
    if (br_ssl_engine_last_error(&server.eng) != 0) board_fail("server", br_ssl_engine_last_error(&server.eng));
}

static void start_server(int asks) {
    static const uint16_t suite[] = {BR_TLS_RSA_WITH_AES_256_GCM_SHA384};
    br_ssl_server_init_full_rsa(&server, &own.chain, 1, own_key.rsa);
    br_ssl_engine_set_suites(&server.eng, suite, 1);
    br_ssl_engine_set_buffers_bidi(&server.eng, server_in, sizeof server_in, server_out, sizeof server_out);
    br_ssl_engine_inject_entropy(&server.eng, "the server's 32 bytes of entropy", 32);
    br_ssl_server_set_cache(&server, &cache.vtable);
    if (asks) {
        br_x509_minimal_init_full(&server_minimal, &root.anchor, 1);
        br_x509_minimal_set_time(&server_minimal, TODAY, 0);
        br_x509_minimal_set_minrsa(&server_minimal, 128);
        br_ssl_engine_set_x509(&server.eng, &server_minimal.vtable);
        br_ssl_engine_set_default_rsavrfy(&server.eng);
        br_ssl_server_set_trust_anchor_names_alt(&server, &root.anchor, 1);
    }
    support_check("server", br_ssl_server_reset(&server));
}

static struct cost play(const struct setting *setting) {
    static const uint16_t suite[] = {BR_TLS_RSA_WITH_AES_256_GCM_SHA384};
    struct cost cost = {0, 0};
    br_ssl_session_parameters session;
    br_ssl_engine_get_session_parameters(&client.eng, &session);
    start_server(setting->certificate != NULL);
    board_stack_paint();
    uint64_t start = board_instructions();
    br_ssl_client_init_full(&client, &minimal, &anchor.anchor, 1);
    br_x509_minimal_set_time(&minimal, TODAY, 0);
    if (setting->knows_key) {
        br_x509_knownkey_init_rsa(&known, &br_x509_decoder_get_pkey(&leaf.decoder)->key.rsa, BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN);
        br_ssl_engine_set_x509(&client.eng, &known.vtable);
    }
    br_ssl_engine_set_suites(&client.eng, suite, 1);
    br_ssl_engine_set_buffers_bidi(&client.eng, client_in, sizeof client_in, client_out, sizeof client_out);
    br_ssl_engine_inject_entropy(&client.eng, "the client's 32 bytes of entropy", 32);
    if (setting->certificate != NULL)
        br_ssl_client_set_single_rsa(&client, &setting->certificate->chain, 1, setting->key->rsa, br_rsa_i31_pkcs1_sign);
    if (setting->resumes) br_ssl_engine_set_session_parameters(&client.eng, &session);
    support_check("client", br_ssl_client_reset(&client, "localhost", setting->resumes));
    cost.total = board_instructions() - start;
    cost.stack = board_stack_used();
    turn(&cost);
    support_check("handshake", (br_ssl_engine_current_state(&client.eng) & BR_SSL_SENDAPP) != 0);
    return cost;
}

static void report(const char *name, struct cost cost) {
    char row[80] = "handshake, ";
    strcat(row, name);
    board_row(row, cost.total);
    strcat(row, ": peak stack, bytes");
    board_row(row, cost.stack);
}

/* A record of application data, sealed by the client; and one opened by it. */
static void records(void) {
    static const struct { const char *write, *read; size_t length; } sizes[] = {
        {"record write, 64 bytes", "record read, 64 bytes", 64},
        {"record write, 256 bytes", "record read, 256 bytes", 256},
        {"record write, 1 KiB", "record read, 1 KiB", 1024}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct cost cost = {0, 0};
        size_t room, length = sizes[i].length;
        memset(br_ssl_engine_sendapp_buf(&client.eng, &room), 7, length);
        br_ssl_engine_sendapp_ack(&client.eng, length);
        uint64_t start = board_instructions();
        br_ssl_engine_flush(&client.eng, 0);
        cost.total = board_instructions() - start;
        turn(&cost);
        board_row(sizes[i].write, cost.total);
        support_check("server's read", br_ssl_engine_recvapp_buf(&server.eng, &room) != NULL && room == length);
        br_ssl_engine_recvapp_ack(&server.eng, length);

        cost.total = 0;
        memset(br_ssl_engine_sendapp_buf(&server.eng, &room), 7, length);
        br_ssl_engine_sendapp_ack(&server.eng, length);
        br_ssl_engine_flush(&server.eng, 0);
        turn(&cost);
        board_row(sizes[i].read, cost.total);
        support_check("read", br_ssl_engine_recvapp_buf(&client.eng, &room) != NULL && room == length);
        br_ssl_engine_recvapp_ack(&client.eng, length);
    }
}

int bench(void) {
    support_certificate(&own, server_pem, server_pem_length);
    support_certificate(&root_pem, ca_pem, ca_pem_length);
    support_certificate(&anchor_pem, intermediate_pem, intermediate_pem_length);
    support_certificate(&small_pem, client_1024_pem, client_1024_pem_length);
    support_certificate(&large_pem, client_2048_pem, client_2048_pem_length);
    support_key(&own_key, server_key, server_key_length);
    support_key(&small_key, client_1024_key, client_1024_key_length);
    support_key(&large_key, client_2048_key, client_2048_key_length);
    support_anchor(&root, &root_pem);
    support_anchor(&anchor, &anchor_pem);
    support_anchor(&leaf, &own);
    br_ssl_session_cache_lru_init(&cache, sessions, sizeof sessions);

    /* Its key is given: the certificate is not even read. */
    struct setting setting = {1, 0, NULL, NULL};
    report("no verification", play(&setting));
    setting.knows_key = 0;
    report("verification", play(&setting));
    records();
    setting.resumes = 1;
    report("resumed", play(&setting));
    setting.resumes = 0;
    setting.certificate = &small_pem;
    setting.key = &small_key;
    report("client certificate 1024", play(&setting));
    setting.certificate = &large_pem;
    setting.key = &large_key;
    report("client certificate 2048", play(&setting));
    board_row("connection state, bytes", sizeof client + sizeof minimal);
    return 0;
}
