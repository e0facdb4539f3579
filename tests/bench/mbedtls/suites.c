/* Mbed TLS's client in each of the ten suites. */
#include <string.h>

#include "play.h"
#include "mbedtls/ssl_ciphersuites.h"

static mbedtls_ssl_context client;
static mbedtls_ssl_session session;

/* A row's name: the suite without what all of them begin with, and what was measured. */
static void suite_row(int suite, const char *what, uint64_t value) {
    char name[80];
    strcpy(name, mbedtls_ssl_get_ciphersuite_name(suite) + strlen("TLS-RSA-WITH-"));
    for (char *at = name; *at; at++) if (*at == '-') *at = '_';
    board_row(strcat(strcat(name, ": "), what), value);
}

int bench(void) {
    static const int suites[] = {
        MBEDTLS_TLS_RSA_WITH_AES_256_GCM_SHA384, MBEDTLS_TLS_RSA_WITH_AES_256_CCM, MBEDTLS_TLS_RSA_WITH_AES_256_CBC_SHA256,
        MBEDTLS_TLS_RSA_WITH_AES_256_CBC_SHA, MBEDTLS_TLS_RSA_WITH_AES_256_CCM_8, MBEDTLS_TLS_RSA_WITH_AES_128_GCM_SHA256,
        MBEDTLS_TLS_RSA_WITH_AES_128_CCM, MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA256, MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA,
        MBEDTLS_TLS_RSA_WITH_AES_128_CCM_8};
    static struct identity own;
    static mbedtls_x509_crt anchors;
    size_t most = 0;
    board_random_start();
    play_configure(suites[0]);
    mbedtls_x509_crt_init(&anchors);
    size_t before = board_heap_now;
    check("anchors", mbedtls_x509_crt_parse(&anchors, intermediate_pem, intermediate_pem_length));
    mbedtls_ssl_conf_ca_chain(&client_config, &anchors, NULL);
    load(&own, client_2048_pem, client_2048_pem_length, client_2048_key, client_2048_key_length);
    size_t parsed = 2 * sizeof anchors + sizeof own.key;
    size_t decoded = board_heap_now - before + parsed;
    size_t contexts = sizeof client + sizeof client_config + sizeof session + board_random_size + parsed;
    identify(&client_config, &own);
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        play_suite(suites[i]);
        mbedtls_ssl_session_init(&session);
        suite_row(suites[i], "handshake, verification", play(&client, NULL, &session).total);
        play_end(&client);
        struct cost resumed = play(&client, &session, NULL);
        suite_row(suites[i], "handshake, resumed", resumed.total);
        suite_row(suites[i], "record write, 1 KiB", play_write(&client, 1024));
        suite_row(suites[i], "record read, 1 KiB", play_read(&client, 1024));
        play_end(&client);
        mbedtls_ssl_session_free(&session);
        play_ask(1);
        struct cost full = play(&client, NULL, NULL);
        play_end(&client);
        play_ask(0);
        suite_row(suites[i], "stack, client certificate 2048, bytes", full.stack);
        suite_row(suites[i], "stack, resumed, bytes", resumed.stack);
        size_t memory = full.heap + full.stack;
        if (resumed.heap + resumed.stack > memory) memory = resumed.heap + resumed.stack;
        memory += contexts;
        suite_row(suites[i], "RAM of a connection, bytes", memory);
        if (memory > most) most = memory;
    }
    board_row("connection state, bytes", sizeof client + sizeof client_config);
    board_row("decoded certificates and key, bytes", decoded);
    board_row("RAM of a connection, worst of all suites, bytes", most);
    return 0;
}
