"""HTTP over TLS, with the names and certificates that a test chooses."""

import os
import ssl
import tempfile

from . import wire


def context(authorities=None, client=None, newest=None, oldest=None, protocols=(), weak=False):
    """Trusts the PEM of `authorities`, or anybody; shows `client` (`certificates.Made`, and those above it)."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if weak:
        # The library shows no short keys unless it is told to.
        made.set_ciphers("DEFAULT@SECLEVEL=0")
    if authorities is None:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    else:
        made.load_verify_locations(cadata=authorities)
    if newest:
        made.maximum_version = newest
    if oldest:
        made.minimum_version = oldest
    if protocols:
        made.set_alpn_protocols(list(protocols))
    if client:
        certificates = client if isinstance(client, tuple) else (client,)
        # The library reads certificates from files alone.
        with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
            file.write(certificates[0].key_pem + "".join(one.pem for one in certificates))
        try:
            made.load_cert_chain(file.name)
        finally:
            os.unlink(file.name)
    return made


class Connection:
    """One connection of TLS, for one request after the other."""

    def __init__(self, endpoint, server_name, using=None, source=None, **settings):
        self._plain = wire.connect(endpoint, source=source)
        try:
            self.socket = (using or context(**settings)).wrap_socket(self._plain, server_hostname=server_name)
        except BaseException:
            self._plain.close()
            raise
        self.name = server_name

    def send(self, method, target, host=None, headers=()):
        """Sends a request whose host is `host`, or the name that the connection was begun for."""
        self.socket.sendall(wire.head(method, target, [("Host", host or self.name), *headers]))
        return wire.read_reply(self.socket, method)

    def get(self, target, host=None):
        return self.send("GET", target, host)

    @property
    def certificate(self):
        """The server's certificate in PEM."""
        return ssl.DER_cert_to_PEM_cert(self.socket.getpeercert(binary_form=True))

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def get(endpoint, name, target, host=None, **settings):
    """One request on a connection of its own."""
    with Connection(endpoint, name, **settings) as connection:
        return connection.get(target, host)
