"""amqtt on a plain port and on one with TLS: PORT TLS_PORT CHAIN KEY."""

import asyncio
import ssl
import sys

from amqtt.broker import Broker
from amqtt.plugins.base import BaseAuthPlugin

port, tls_port, chain, key = sys.argv[1:]

# Python's own list of ciphers has none with RSA's key exchange, and amqtt has no setting for one.
create = ssl.create_default_context


def with_rsa(*arguments, **named):
    context = create(*arguments, **named)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("kRSA+AES:@SECLEVEL=0")
    return context


ssl.create_default_context = with_rsa


class OneUser(BaseAuthPlugin):
    """Lets one user in."""

    async def authenticate(self, *, session):
        return session.username == "user" and session.password == "password"


async def main():
    await Broker({
        "listeners": {
            "default": {"type": "tcp", "bind": f"127.0.0.1:{port}"},
            "tls": {"bind": f"127.0.0.1:{tls_port}", "ssl": True, "certfile": chain, "keyfile": key},
        },
        "plugins": {"__main__.OneUser": {}},
    }).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
