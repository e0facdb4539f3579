/* An echo server on wolfSSL: PORT CHAIN KEY CA|- ; one connection at a time. What it is built with is in wolfssl.h. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wolfssl/ssl.h>

static void echo(WOLFSSL *ssl) {
    char data[16384];
    int length;
    if (wolfSSL_accept(ssl) != WOLFSSL_SUCCESS) {
        printf("refused: %d\n", wolfSSL_get_error(ssl, 0));
        return;
    }
    while ((length = wolfSSL_read(ssl, data, sizeof data)) > 0 && wolfSSL_write(ssl, data, length) == length) {
    }
    wolfSSL_shutdown(ssl);
}

int main(int count, char **words) {
    if (count < 5) return 2;
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, port = 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    sscanf(words[1], "%d", &port);
    address.sin_port = htons((unsigned short)port);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    wolfSSL_Init();
    WOLFSSL_CTX *context = wolfSSL_CTX_new(wolfTLSv1_2_server_method());
    if (wolfSSL_CTX_use_certificate_chain_file(context, words[2]) != WOLFSSL_SUCCESS ||
        wolfSSL_CTX_use_PrivateKey_file(context, words[3], WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS ||
        bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 8))
        return 3;
    wolfSSL_CTX_SetMinRsaKey_Sz(context, 1024);
    if (strcmp(words[4], "-") != 0) {
        if (wolfSSL_CTX_load_verify_locations(context, words[4], NULL) != WOLFSSL_SUCCESS) return 4;
        wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    puts("ready");
    for (;;) {
        fflush(stdout);
        int client = accept(listener, NULL, NULL);
        WOLFSSL *ssl = wolfSSL_new(context);
        wolfSSL_set_fd(ssl, client);
        echo(ssl);
        wolfSSL_free(ssl);
        close(client);
    }
}
