/* Mbed TLS's client in a handshake with TLS_RSA_WITH_AES_256_GCM_SHA384. */
#include <string.h>

#include "play.h"
#include "mbedtls/platform.h"

static mbedtls_ssl_context client;

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

static void report_play(const char *name, mbedtls_ssl_session *resume, mbedtls_ssl_session *keep) {
    report(name, play(&client, resume, keep));
    play_end(&client);
}

static void records(void) {
    static const struct { const char *write, *read; size_t length; } sizes[] = {
        {"record write, 64 bytes", "record read, 64 bytes", 64},
        {"record write, 256 bytes", "record read, 256 bytes", 256},
        {"record write, 1 KiB", "record read, 1 KiB", 1024},
        {"record write, 4 KiB", "record read, 4 KiB", 4096}};
    play(&client, NULL, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        board_row(sizes[i].write, play_write(&client, sizes[i].length));
        board_row(sizes[i].read, play_read(&client, sizes[i].length));
    }
    play_end(&client);
}

/* Longer chains to the root. */
static void chains(void) {
    static struct identity two, three;
    static mbedtls_x509_crt root;
    mbedtls_x509_crt_init(&root);
    check("anchors", mbedtls_x509_crt_parse(&root, ca_pem, ca_pem_length));
    mbedtls_ssl_conf_ca_chain(&client_config, &root, NULL);
    load(&two, server_pem, server_pem_length, server_key, server_key_length);
    check("chain", mbedtls_x509_crt_parse(&two.chain, intermediate_pem, intermediate_pem_length));
    load(&three, server_of_issuing_pem, server_of_issuing_pem_length, server_key, server_key_length);
    check("chain", mbedtls_x509_crt_parse(&three.chain, issuing_pem, issuing_pem_length));
    check("chain", mbedtls_x509_crt_parse(&three.chain, upper_pem, upper_pem_length));
    identify(&server_config, &two);
    board_row("handshake, verification, chain of 2", play(&client, NULL, NULL).total);
    play_end(&client);
    identify(&server_config, &three);
    board_row("handshake, verification, chain of 3", play(&client, NULL, NULL).total);
    play_end(&client);
}

int bench(void) {
    static struct identity small, large;
    static mbedtls_x509_crt anchors;
    static mbedtls_ssl_session session;
    board_random_start();
    play_configure(MBEDTLS_TLS_RSA_WITH_AES_256_GCM_SHA384);

    mbedtls_ssl_conf_authmode(&client_config, MBEDTLS_SSL_VERIFY_NONE);
    report_play("no verification", NULL, NULL);

    mbedtls_ssl_conf_authmode(&client_config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_x509_crt_init(&anchors);
    check("anchors", mbedtls_x509_crt_parse(&anchors, intermediate_pem, intermediate_pem_length));
    mbedtls_ssl_conf_ca_chain(&client_config, &anchors, NULL);
    mbedtls_ssl_session_init(&session);
    report_play("verification", NULL, &session);
    report_play("resumed", &session, NULL);
    records();

    play_ask(1);
    load(&small, client_1024_pem, client_1024_pem_length, client_1024_key, client_1024_key_length);
    identify(&client_config, &small);
    report_play("client certificate 1024", NULL, NULL);
    mbedtls_x509_crt_free(&small.chain);
    mbedtls_pk_free(&small.key);
    load(&large, client_2048_pem, client_2048_pem_length, client_2048_key, client_2048_key_length);
    identify(&client_config, &large);
    report_play("client certificate 2048", NULL, NULL);
    board_row("handshake, client certificate 2048, again", play(&client, NULL, NULL).total);
    play_end(&client);

    play_ask(0);
    chains();
    return 0;
}
