"""An echo server on OpenSSL, by Python's ssl: PORT CHAIN KEY CA|- [no-ems] [no-etm] [no-ticket]"""
import socket
import ssl
import sys
import threading

port, chain, key, authority = sys.argv[1:5]
# SSL_OP_NO_EXTENDED_MASTER_SECRET and SSL_OP_NO_ENCRYPT_THEN_MAC, which Python has no names for.
OPTIONS = {"no-ems": 1 << 0, "no-etm": 1 << 19, "no-ticket": ssl.OP_NO_TICKET}
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
context.set_ciphers("ALL:@SECLEVEL=0")
context.load_cert_chain(chain, key)
for word in sys.argv[5:]:
    context.options |= OPTIONS[word]
if authority != "-":
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED


def serve(sock):
    try:
        with context.wrap_socket(sock, server_side=True) as connection:
            while data := connection.recv(16384):
                connection.sendall(data)
            connection.unwrap()
    except OSError as error:  # a client that leaves is no end of the server
        print(error, flush=True)


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(port)))
listener.listen()
print("ready", flush=True)
while True:
    accepted, _ = listener.accept()
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
