"""An echo server on tlslite-ng: PORT CHAIN KEY CA|- [no-ems] [no-etm]"""
import os
import socket
import sys
import threading

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey

port, chain_file, key_file, authority = sys.argv[1:5]
chain = X509CertChain()
chain.parsePemList(open(chain_file).read())
key = parsePEMKey(open(key_file).read(), private=True)


def serve(sock):
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.keyExchangeNames = ["rsa"]
    settings.cipherNames = ["aes256gcm", "aes128gcm", "aes256ccm", "aes128ccm", "aes256ccm_8", "aes128ccm_8", "aes256", "aes128"]
    settings.macNames = ["sha", "sha256", "sha384", "aead"]
    settings.minKeySize = 1023
    settings.ticketKeys = [TICKET_KEY]
    settings.useEncryptThenMAC = "no-etm" not in sys.argv
    settings.useExtendedMasterSecret = "no-ems" not in sys.argv
    connection = TLSConnection(sock)
    try:
        connection.handshakeServer(certChain=chain, privateKey=key, settings=settings, reqCert=authority != "-")
        while data := connection.read(max=16384, min=1):
            connection.write(data)
        connection.close()
    except Exception as error:  # a client that leaves is no end of the server
        print(type(error).__name__, error, flush=True)
        sock.close()


TICKET_KEY = os.urandom(32)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(port)))
listener.listen()
print("ready", flush=True)
while True:
    accepted, _ = listener.accept()
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
