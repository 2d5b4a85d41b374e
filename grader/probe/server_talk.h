// SPDX-License-Identifier: MIT
/*
 * server_talk.h - the server's side of the control socket.
 *
 * The socket is of type SOCK_SEQPACKET: a message goes whole or not at all
 * (unix(7)).  A tester that is gone is noticed by the next receive.
 */
#ifndef PROBE_SERVER_TALK_H
#define PROBE_SERVER_TALK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "server.h"

/* A request, with the strings of a SERVER_START behind it. */
struct server_packet {
    struct server_message head;
    char strings[SERVER_PACKET_MAX];
};

/* Receive a request into PACKET, with a NUL behind it, and up to three
 * descriptors into FDS (-1 where there is none).  Blocks; false when the tester
 * is gone. */
bool ipclab_talk_receive(int control_fd, struct server_packet *packet,
                         int fds[3]);

void ipclab_talk_send(int control_fd, const struct server_message *message);
/* The same, of these three and nothing else. */
void ipclab_talk_reply(int control_fd, uint32_t type, pid_t pid, int value);
/* Answer SERVER_HELLO: who we are, and descriptors of what only in the sandbox
 * can be opened. */
void ipclab_talk_hello(int control_fd);
/* Answer SERVER_SEMAPHORE: what number NUM of set ID has. */
void ipclab_talk_semaphore(int control_fd, int id, int num);
/* Answer SERVER_SOCKET: a socket of TYPE.  It stays in the network in which it
 * was made, whoever has it (network_namespaces(7)). */
void ipclab_talk_socket(int control_fd, int type);

#endif
