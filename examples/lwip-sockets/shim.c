/* What the task in src/lib.rs needs of the board: sockets of lwIP (LWIP_SOCKET, LWIP_SO_RCVTIMEO, LWIP_DNS) and the clock of FreeRTOS.
 *
 * With HOSTED it is a program for a PC, to try it there: the sockets are the same functions. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef HOSTED
#include <netdb.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#else
#include "FreeRTOS.h"
#include "lwip/netdb.h"
#include "lwip/sockets.h"
#include "task.h"
#endif
#include <errno.h>

/* A socket, or a negative number. */
int net_connect(const char *host, const char *port) {
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = 20};
    if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
                    connect(fd, found->ai_addr, found->ai_addrlen) != 0)) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* So many bytes, 0 at the end, -1 when the time is over, -2 when the connection has failed. */
int net_read(int fd, uint8_t *buffer, size_t length, uint32_t milliseconds) {
    /* Zero would wait for ever. */
    struct timeval patience = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000 + 1};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0) {
        return -2;
    }
    int received = recv(fd, buffer, length, 0);
    if (received >= 0) {
        return received;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? -1 : -2;
}

int net_write(int fd, const uint8_t *bytes, size_t length) {
#ifdef MSG_NOSIGNAL
    return send(fd, bytes, length, MSG_NOSIGNAL);
#else
    return send(fd, bytes, length, 0);
#endif
}

void net_close(int fd) {
    if (fd >= 0) {
        close(fd);
    }
}

#ifdef HOSTED
uint64_t board_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t board_unix_time(void) { return time(NULL); }

void board_sleep(uint32_t milliseconds) { usleep(milliseconds * 1000); }

bool board_entropy(uint8_t *out, size_t length) { return getrandom(out, length, 0) == (ssize_t)length; }

void board_set_lamp(bool on) {
    puts(on ? "lamp on" : "lamp off");
    fflush(stdout);
}

void board_log(int32_t code) {
    printf("ended %d\n", (int)code);
    fflush(stdout);
}

void mqtt_task(void *);

int main(void) { mqtt_task(NULL); }
#else
/* Two timers that wrap are made one that does not: called more often than once in 49 days, from one task. */
uint64_t board_milliseconds(void) {
    static uint32_t last, wraps;
    uint32_t now = (uint32_t)(xTaskGetTickCount() * portTICK_PERIOD_MS);
    wraps += now < last;
    last = now;
    return (uint64_t)wraps << 32 | now;
}

void board_sleep(uint32_t milliseconds) { vTaskDelay(pdMS_TO_TICKS(milliseconds)); }

/* Yours: the real-time clock or lwIP's SNTP; the generator of random numbers; a pin; a log. */
uint64_t board_unix_time(void);
bool board_entropy(uint8_t *out, size_t length);
void board_set_lamp(bool on);
void board_log(int32_t code);
#endif
